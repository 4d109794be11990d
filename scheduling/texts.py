"""Korean message ids of reasons and repairs; the caller's catalogue translates them."""

from __future__ import annotations

from typing import Final


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's extractor looks for
    """Mark a message id for extraction; it is translated where it is shown."""
    return message


REASON_TEXTS: Final = {
    "NO_TECHNICIAN": N_("일할 기사가 한 명도 없습니다."),
    "NO_QUALIFIED_TECHNICIAN": N_("필요한 자격({skills})을 모두 갖춘 기사가 없습니다."),
    "SKILL_MISSING": N_("이 기사에게는 필요한 자격({skills})이 없습니다."),
    "PINNED_ELSEWHERE": N_("다른 기사({pinned})에게 고정된 작업입니다."),
    "FORBIDDEN": N_("이 기사는 이 작업에 가지 않기로 되어 있습니다."),
    "AVOIDED": N_("가족이 피해 달라고 한 기사입니다."),
    "OTHER_DAY_ONLY": N_("이 작업은 이 기사가 일하는 그날에 하지 않기로 되어 있습니다."),
    "LICENCE_ENDS": N_("이 작업을 할 수 있는 시간에 이 기사의 자격({skills})이 유효하지 않습니다."),
    "PART_MISSING": N_("이 기사의 차에는 필요한 부품({parts})이 없습니다."),
    "PARTS_USED_UP": N_("이 기사의 차에 실은 부품({parts})은 다른 작업에 다 씁니다."),
    "NO_CREW": N_("둘이 가야 하는 작업인데 함께 갈 수 있는 기사가 두 명이 안 됩니다."),
    "NO_PAIR_FREE": N_("둘이 가야 하는 작업인데 같은 시간에 함께 갈 수 있는 두 기사를 찾지 못했습니다."),
    "OVER_CAPACITY": N_("실어야 할 양({demand})이 이 기사의 한도({capacity})보다 많습니다."),
    "OUTSIDE_SHIFT": N_("이 기사의 근무 시간 안에 일을 마치고 돌아올 수 없습니다."),
    "WINDOW_UNREACHABLE": N_(
        "바로 떠나도 약속 시간 안에 도착할 수 없습니다. 가장 빨라도 {minutes}분 늦습니다."
    ),
    "NO_LUNCH_LEFT": N_("이 작업을 맡으면 점심시간을 지킬 수 없습니다."),
    "FIXED_BLOCKED": N_("이미 진행 중인 순서대로는 이 작업까지 시간 안에 마칠 수 없습니다."),
    "NO_TIME_LEFT": N_("이미 잡힌 일정 사이에 이 작업을 넣을 자리가 없습니다."),
    "NO_CAPACITY_LEFT": N_("이미 실은 양 때문에 이 작업을 더 맡을 수 없습니다."),
    "NOT_AFTER": N_("먼저 해야 하는 작업({job})이 이 기사의 일정에 없습니다."),
    "TOO_EXPENSIVE": N_("넣을 수는 있지만 드는 비용({cost})이 미루는 비용({drop_cost})보다 큽니다."),
    "NOT_YET_INSERTED": N_("지금 넣을 자리가 있습니다. 다시 계획하면 들어갑니다."),
    "UNDER_WAY": N_("이 기사가 이미 맡아 진행하고 있는 작업입니다."),
    "UNDER_WAY_ELSEWHERE": N_("다른 기사가 이미 진행하고 있어 넘기지 않습니다."),
    "HOLDS_ROUTE": N_("이 작업을 빼면 뒤의 일정을 지킬 수 없어 이 기사가 그대로 갑니다."),
    "ONLY_ONE_ABLE": N_("갈 수 있는 기사가 이 사람뿐입니다. 비용은 {cost}입니다."),
    "ONLY_ONE_FREE": N_("지금 일정에 자리가 있는 기사가 이 사람뿐입니다. 비용은 {cost}입니다."),
    "CHEAPEST": N_("지금 일정에서 가장 적은 비용({cost})으로 갈 수 있는 기사입니다."),
    "CHEAPER_ELSEWHERE": N_(
        "지금은 {other} 기사가 가면 비용이 {difference}만큼 덜 듭니다. 다시 계획하면 바뀔 수 있습니다."
    ),
    "COSTS_MORE": N_("이 기사가 가면 비용이 {difference}만큼 더 듭니다."),
    "COSTS_LESS": N_("이 기사가 가면 비용이 {difference}만큼 덜 듭니다."),
    "COSTS_SAME": N_("이 기사가 가도 비용은 같습니다."),
    "OVERFLOW_NO_ROOM": N_(
        "{home} 서비스점에는 들어갈 자리가 없어 {point} 서비스점의 {technician} 기사가 갑니다. "
        "미루는 것보다 비용이 {saves}만큼 덜 듭니다."
    ),
    "OVERFLOW_DEAR_AT_HOME": N_(
        "{home} 서비스점에서는 비용이 너무 커서 미룰 일을 {point} 서비스점의 {technician} 기사가 맡습니다. "
        "미루는 것보다 비용이 {saves}만큼 덜 듭니다."
    ),
    "OVERFLOW_MANDATORY": N_(
        "꼭 해야 하는 작업인데 {home} 서비스점에는 들어갈 자리가 없어 "
        "{point} 서비스점의 {technician} 기사가 갑니다."
    ),
    "OVERFLOW_HOLDS_ROUTE": N_(
        "이 작업을 빼면 뒤의 일정을 지킬 수 없어 {point} 서비스점의 {technician} 기사가 그대로 갑니다."
    ),
    "OVERFLOW_CHEAPER": N_(
        "{point} 서비스점의 {technician} 기사가 가면 {home} 서비스점에서 가는 것보다 "
        "비용이 {saves}만큼 덜 듭니다."
    ),
    "LENT": N_(
        "{point} 서비스점의 일이 많아 {home} 서비스점의 {technician} 기사가 가서 {jobs}건을 맡습니다. "
        "보내지 않을 때보다 비용이 {saves}만큼 덜 듭니다."
    ),
    "LENT_AWAY": N_("이 기사는 그 시간에 {point} 서비스점에서 일합니다."),
    "STAYS_AT_POINT": N_("이 서비스점이나 기사가 가기로 정해진 작업이라 다른 서비스점에 넘기지 않습니다."),
    "NO_NEIGHBOUR_TAKES": N_("가까운 서비스점 가운데 이 작업을 받을 수 있는 기사가 없습니다."),
    "NEIGHBOURS_FULL": N_("가까운 서비스점의 일정에도 이 작업을 넣을 자리가 없습니다."),
    "NEIGHBOUR_TOO_EXPENSIVE": N_(
        "{point} 서비스점에서 갈 수는 있지만 드는 비용({cost})이 미루는 비용({drop_cost})보다 큽니다."
    ),
    "TECHNICIAN_GONE": N_("이 기사는 더 일하지 않습니다."),
    "NOT_EXAMINED": N_("계획을 도중에 멈추어 까닭을 살피지 못했습니다. 다시 계획하면 볼 수 있습니다."),
}

REPAIR_TEXTS: Final = {
    "ADD_SKILL": N_("자격({skills})이 있는 기사를 배정하거나 다른 지점에 넘겨 주세요."),
    "OTHER_PERSON": N_("다른 기사를 배정하거나 이 기사를 막은 까닭을 풀어 주세요."),
    "WITH_SKILL": N_("이 기사에게 자격({skills})이 있으면 갈 수 있습니다."),
    "UNPIN": N_("기사 고정을 풀면 이 기사가 갈 수 있습니다."),
    "WIDEN_WINDOW": N_("약속 시간을 {minutes}분 늦추면 이 기사가 갈 수 있습니다."),
    "EXTEND_SHIFT": N_("이 기사의 근무를 {minutes}분 늘리면 갈 수 있습니다."),
    "BRING_FORWARD": N_("약속 시간을 {minutes}분 앞당기면 이 기사가 갈 수 있습니다."),
    "REPLACE_JOB": N_("이 기사의 {job} 작업을 미루면(비용 {drop_cost}) 그 자리에 갈 수 있습니다."),
    "LEND": N_("{point} 서비스점의 {technician} 기사를 자기 일을 마친 뒤에 빌리면 갈 수 있습니다."),
    "ACCEPT_COST": N_("비용 {cost}만큼 더 들이면 이 기사가 {position}번째로 갈 수 있습니다."),
    "OTHER_DAY": N_("다른 날로 옮기거나 약속 시간을 넓혀 주세요."),
}

MOVE_TEXTS: Final = {
    "TECHNICIAN_GONE": N_("{technician} 기사가 갈 수 없어 다른 기사가 맡습니다."),
    "GONE_NO_PLACE": N_("{technician} 기사가 갈 수 없고, 대신 갈 기사의 일정에 자리가 없습니다."),
    "NO_PLACE": N_("일정에 자리가 없어 빠집니다."),
    "TAKEN_IN": N_("일정에 새로 들어갑니다."),
    "PUSHED": N_("앞에 {jobs} 작업이 들어와 늦어집니다."),
    "MAKES_ROOM": N_("{jobs} 작업이 들어갈 자리를 내줍니다."),
    "OVERRUN_BEFORE": N_("앞의 {jobs} 작업이 길어져 바뀝니다."),
    "GAP_BEFORE": N_("{jobs} 작업이 빠져 시간이 바뀝니다."),
    "CHEAPER": N_("바뀐 일정에서는 이렇게 가는 편이 낫습니다."),
}

BROKEN_TEXTS: Final = {
    "WINDOW_BENT": N_("{job} 방문이 약속 시간보다 {minutes}분 늦어집니다."),
    "SHIFT_OVERRUN": N_("{technician} 기사의 근무가 끝나야 하는 시각을 {minutes}분 넘깁니다."),
    "BREAK_MISSED": N_("{technician} 기사가 점심이나 쉬는 시간을 가질 수 없습니다."),
    "TIME_NOT_PROMISED": N_("{job} 방문을 약속 시간에서 {minutes}분 벗어난 때에 시작하게 됩니다."),
    "MANDATORY_LEFT_OUT": N_("{job} 방문은 꼭 해야 하므로 뺄 수 없습니다."),
    "OVER_CAPACITY": N_("{technician} 기사가 실을 수 있는 양을 {amount}만큼 넘깁니다."),
    "SKILL_MISSING": N_("{technician} 기사에게는 {job} 방문에 필요한 자격이 없습니다."),
    "PIN_BROKEN": N_("{job} 방문은 다른 기사에게 고정되어 있습니다."),
    "PREFIX_BROKEN": N_("{technician} 기사가 이미 시작한 일의 순서는 바꿀 수 없습니다."),
    "OTHER": N_("계획의 규칙({code})에 어긋납니다."),
}
