"""Points in the street in, points in the picture out, and back: one pinhole camera over flat ground."""

import math

import numpy as np
from numpy.typing import NDArray

from hub.demo.scenes.description import View

Floats = NDArray[np.float32]


class Projector:
    """The camera of one `View` as matrices; makes pixels from metres and rays from pixels."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.focal_px = view.width_px / 2 / math.tan(math.radians(view.fov_deg) / 2)
        self.position = np.array([view.x_m, 0.0, view.height_m], np.float32)
        yaw, tilt, roll = (math.radians(a) for a in (view.yaw_deg, view.tilt_deg, view.roll_deg))
        ahead = np.array([math.sin(yaw) * math.cos(tilt), math.cos(yaw) * math.cos(tilt), -math.sin(tilt)], np.float32)
        level = np.array([math.cos(yaw), -math.sin(yaw), 0.0], np.float32)
        down = np.cross(ahead, level)
        right = level * math.cos(roll) + down * math.sin(roll)
        below = down * math.cos(roll) - level * math.sin(roll)
        self._rotation = np.stack([right, below, ahead]).astype(np.float32)
        self._centre = np.array([view.width_px / 2, view.height_px / 2], np.float32)

    def pixels(self, points: Floats) -> tuple[Floats, Floats]:
        """Return the picture positions (N, 2) and the depths (N) of world points (N, 3)."""
        seen = np.asarray((points - self.position) @ self._rotation.T, np.float32)
        depth = seen[:, 2]
        where: Floats = seen[:, :2] * (np.float32(self.focal_px) / depth[:, None]) + self._centre
        return where, depth

    def depth(self, x_m: float, y_m: float) -> float:
        """Return how far along the camera's axis a point of the ground lies."""
        offset = np.array([x_m, y_m, 0.0], np.float32) - self.position
        return float(offset @ self._rotation[2])

    def ground(self, x_m: float, y_m: float, z_m: float = 0.0) -> tuple[float, float]:
        """Return the picture position, in shares of width and height, of one point of the street."""
        where, _ = self.pixels(np.array([[x_m, y_m, z_m]], np.float32))
        return float(where[0, 0] / self.view.width_px), float(where[0, 1] / self.view.height_px)

    def rays(self) -> Floats:
        """Return one direction (H, W, 3) per pixel, of unit depth, in world axes."""
        view = self.view
        u = (np.arange(view.width_px, dtype=np.float32) + 0.5 - self._centre[0]) / self.focal_px
        v = (np.arange(view.height_px, dtype=np.float32) + 0.5 - self._centre[1]) / self.focal_px
        grid = np.empty((view.height_px, view.width_px, 3), np.float32)
        grid[..., 0] = u[None, :]
        grid[..., 1] = v[:, None]
        grid[..., 2] = 1.0
        return grid @ self._rotation


def place(points: Floats, x_m: float, y_m: float, heading_deg: float) -> Floats:
    """Return a model's own points (x ahead, y left, z up) as points of the street."""
    turn = math.radians(heading_deg)
    sin, cos = math.sin(turn), math.cos(turn)
    world = np.empty_like(points)
    world[:, 0] = points[:, 0] * sin - points[:, 1] * cos + x_m
    world[:, 1] = points[:, 0] * cos + points[:, 1] * sin + y_m
    world[:, 2] = points[:, 2]
    return world
