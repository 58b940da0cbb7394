"""What an operator must know of each rule's alerts: what follows if nobody acts, what to do, and how soon; pure.

After ISA-18.2 and EEMUA 191 an alarm without a defined response is none, so every rule has one here, in both of the
console's languages; a test holds this table to the catalogue of rules. The times are the centre's starting point, ours
and not a standard's: the consequence decides, minutes for life and traffic, a shift for what can wait until day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Words:
    """The same in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Guidance:
    """What follows without action, what the operator does, and by when an alert must have been looked at."""

    consequence: Words
    action: Words
    respond_within: timedelta


def _of(minutes: int, consequence: tuple[str, str], action: tuple[str, str]) -> Guidance:
    return Guidance(Words(*consequence), Words(*action), timedelta(minutes=minutes))


GUIDANCE: Mapping[str, Guidance] = MappingProxyType(
    {
        "streetlight.lamp_out": _of(
            480,
            ("该处夜间昏暗，行人与非机动车有跌倒、碰撞风险。", "The spot is dark at night; people may fall or be hit."),
            (
                "查看同杆、同回路其他灯是否正常；单灯故障列入当日巡修，路口、人行横道处提前处理。",
                "See whether its neighbours burn. A single lamp goes on the next round; one at a crossing goes first.",
            ),
        ),
        "streetlight.circuit_out": _of(
            10,
            (
                "整段道路无照明，夜间事故风险高；可能为电缆被盗或触电隐患。",
                "A whole street is dark: accidents at night, and perhaps a stolen cable or live parts within reach.",
            ),
            (
                "立即派维修班检查开关、接触器与电缆；夜间通知交警加强疏导，怀疑盗割电缆时通知公安。",
                "Send the crew to breaker, contactor and cable at once; tell traffic police at night, and the police "
                "where theft is likely.",
            ),
        ),
        "streetlight.day_burning": _of(
            480,
            ("浪费电能，灯具寿命缩短。", "Power is wasted and lamps age."),
            (
                "检查接触器、光控与时控；可远程关灯的先关灯，当日派单检修。",
                "Check contactor, light sensor and clock; switch off remotely where that works, repair within the day.",
            ),
        ),
        "streetlight.voltage": _of(
            60,
            (
                "电压越限会成批损坏灯具，零线断线时外壳可能带电。",
                "Wrong voltage destroys lamps in numbers; with a lost neutral, housings may be live.",
            ),
            (
                "通知供电单位核实；检查是否过载、零线松动或调压档位不对，外壳可能带电时先停电。",
                "Tell the power supplier; look for overload, a loose neutral or a wrong tap. Switch off first where "
                "housings may be live.",
            ),
        ),
        "streetlight.unusual": _of(
            480,
            (
                "灯具老化、误调光或线路被私接，照度不足或电能被盗，拖久了可能成为断路或漏电。",
                "Lamps fade, were dimmed by mistake, or somebody taps the cable: too little light, stolen power "
                "and, in time, a fault.",
            ),
            (
                "对照图中预期范围看从何时起偏离；核对调光计划与新增灯具，再派巡修检查线路。若确属正常变化，标为误报，"
                "下次学习会采用。",
                "See on the chart since when it is off; compare with dimming plans and new lamps, then have the cable "
                "looked at. If this is normal now, call it a false alarm: the next learning takes it in.",
            ),
        ),
        "water.burst": _of(
            5,
            (
                "路面积水、塌陷，片区停水；水进入地下空间会危及人员。",
                "Streets flood and may cave in, customers lose water, cellars and underpasses endanger people.",
            ),
            (
                "立即派抢修队并关闭上下游阀门；通知交警与受影响用户；查看附近视频确认冒水点。",
                "Send the repair crew and close the valves around it; tell traffic police and customers; look for the "
                "spot on nearby cameras.",
            ),
        ),
        "water.leak": _of(
            480,
            ("漏损增加，长期冲刷会掏空路基。", "Water is lost, and in time the ground beneath the road is washed out."),
            (
                "先核对夜间大用户登记；再安排听漏排查该分区，定位后开单修复。",
                "Compare with registered night customers first; then have the zone searched by listening.",
            ),
        ),
        "water.pressure": _of(
            30,
            (
                "压力过低高层停水，过高会引发爆管。",
                "Too low, and upper floors have no water; too high, and mains burst.",
            ),
            (
                "检查泵站与减压阀；压力低时先排除爆管，联系水司调度。",
                "Check pumps and reducers with the water company's control room; rule out a burst when it is low.",
            ),
        ),
        "water.quality": _of(
            10,
            ("不合格水可能进入用户家中，危及健康。", "Unfit water may reach customers and make them ill."),
            (
                "立即通知水司取样、冲洗管段；确认超标后报告卫生健康部门，由其决定是否告知公众。",
                "Have the water company sample and flush at once; if confirmed, tell the health authority, which "
                "decides on warning the public.",
            ),
        ),
        "water.unusual": _of(
            480,
            (
                "可能是缓慢扩大的暗漏、误开误关的阀门或表具漂移，拖延会增加漏损。",
                "Perhaps a leak that grows, a valve left open or shut, or a meter that drifts: water is lost.",
            ),
            (
                "对照图中预期范围看从何时起偏离；核对检修、冲洗与新增大用户，再安排听漏。若确属正常变化，标为误报，"
                "下次学习会采用。",
                "See on the chart since when it is off; compare with works, flushing and large new users, then have "
                "the area searched by listening. If this is normal now, call it a false alarm: the next learning takes "
                "it in.",
            ),
        ),
        "drainage.level": _of(
            5,
            ("下穿通道积水，车辆熄火、人员被困。", "An underpass floods; cars stall and people are trapped."),
            (
                "启动或检查泵站，派人清理雨水口；水位继续上涨时通知交警封闭下穿通道。",
                "Start or check the pumps, have the inlet cleared; if it still rises, have the underpass closed.",
            ),
        ),
        "gas.leak": _of(
            2,
            (
                "可能燃爆，危及生命；相邻管沟与地下室会积聚燃气。",
                "It may explode and kill; gas gathers in ducts and cellars nearby.",
            ),
            (
                "立即通知燃气公司抢险；疏散人员、禁绝火源；二级报警时由消防、公安封控周边并清场。",
                "Call the gas company's emergency crew; keep people and sparks away; at the second level have fire "
                "brigade and police clear the area.",
            ),
        ),
        "gas.pressure": _of(
            15,
            (
                "压力过高会损坏用户设施并泄漏，过低会熄火后再燃。",
                "Too high breaks customers' fittings and leaks; too low puts flames out, to relight unburnt gas.",
            ),
            (
                "通知燃气公司检查调压站；可能停气时由其告知用户。",
                "Have the gas company check the regulator; it tells customers when supply may fail.",
            ),
        ),
        "device.silent": _of(
            60,
            (
                "该设备所看护的位置无人监测，期间的异常不会报警。",
                "What the device watches is not watched: nothing there would raise an alert.",
            ),
            (
                "先查网关供电与通信，再查设备；燃气、排水等关键点离线时安排人工巡查。",
                "Check power and network of the gateway first, then the device; have critical gas and drainage points "
                "looked at by people meanwhile.",
            ),
        ),
        "sensor.fault": _of(
            240,
            (
                "读数不可信：既可能误报，也可能漏报。",
                "Its readings cannot be believed: it may cry wolf or say nothing.",
            ),
            (
                "安排清洁、校准或更换；期间以相邻测点和人工巡查代替。",
                "Have it cleaned, calibrated or replaced; rely on its neighbours and on people meanwhile.",
            ),
        ),
        "camera.lost": _of(
            60,
            (
                "该摄像头的禁停、占道区域无人看管，取证中断。",
                "Its zones are not watched, and there is no evidence from there.",
            ),
            (
                "查摄像头供电与网络，再查读取它的视觉主机；重点路段安排网格员巡查。",
                "Check the camera's power and network, then the vision machine; have the grid's officer look at "
                "important places.",
            ),
        ),
        "camera.moved": _of(
            120,
            (
                "区域与画面对不上，为免误判已停止对其判断。",
                "The zones no longer fit the picture, so nothing is judged there.",
            ),
            (
                "通知维护单位复位、清洁或对焦；若今后就用新视角，重新绘制区域。",
                "Have it set back, cleaned or focused; if the new view shall stay, draw its zones anew.",
            ),
        ),
        "parking.illegal": _of(
            15,
            (
                "占用消防通道、公交站或车道，造成拥堵并妨碍救援。",
                "It blocks a lane, a stop or a fire lane: traffic jams, and rescue comes late.",
            ),
            (
                "看证据图片核实；立案派网格员劝离，消防通道与长时间违停移交交警。",
                "Check the pictures; send the grid's officer, and pass fire lanes and long stays to traffic police.",
            ),
        ),
        "stall.unlicensed": _of(
            30,
            (
                "占道妨碍通行，油烟噪声扰民，食品无保障。",
                "It blocks the way, annoys residents; its food is unchecked.",
            ),
            (
                "看证据图片核实；派网格员引导到临时摊点群，多次出现的列入专项整治。",
                "Check the pictures; have the grid's officer guide the vendor to a permitted place; where it recurs, "
                "plan a campaign.",
            ),
        ),
    }
)
