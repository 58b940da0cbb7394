// Tones, made by the browser itself: the worse, the higher and the more of them. One library file: Web Audio.
import type { Severity } from "../api/types";

const TONES: Record<Severity, { hz: number; times: number; each: number }> = {
  critical: { hz: 988, times: 4, each: 0.16 },
  major: { hz: 740, times: 2, each: 0.2 },
  minor: { hz: 523, times: 1, each: 0.22 },
  warning: { hz: 440, times: 1, each: 0.12 },
};

let audio: AudioContext | null = null;

/** Whether the browser lets us sound: it does once somebody has pressed or clicked anything. */
export function isAllowed(): boolean {
  audio ??= new AudioContext();
  return audio.state === "running";
}

/** To be called when something was pressed. */
export async function allow(): Promise<boolean> {
  audio ??= new AudioContext();
  if (audio.state === "suspended") await audio.resume().catch(() => {});
  return audio.state === "running";
}

export function sound(severity: Severity): void {
  if (!audio || audio.state !== "running") return;
  const { hz, times, each } = TONES[severity];
  for (let n = 0; n < times; n += 1) {
    const at = audio.currentTime + n * each * 1.5;
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    tone.type = "triangle";
    tone.frequency.value = n % 2 ? hz * 0.8 : hz;
    // Swelling and fading in hundredths of a second: without it every tone would click.
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.22, at + 0.015);
    loudness.gain.setValueAtTime(0.22, at + each - 0.03);
    loudness.gain.linearRampToValueAtTime(0, at + each);
    tone.connect(loudness).connect(audio.destination);
    tone.start(at);
    tone.stop(at + each);
  }
}
