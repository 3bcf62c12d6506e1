"""Summarises the rounds of bench/generate.sh.

python3 report.py FOLDER RESULT.json KEY=VALUE...

FOLDER has a file SIDE.ROUND.json per side and round. Answers are compared with those of node-llama-cpp with one
sequence.
"""

import json
import pathlib
import statistics
import sys

folder, result = map(pathlib.Path, sys.argv[1:3])
about = dict(word.split("=", 1) for word in sys.argv[3:])
rounds = {}
for file in sorted(folder.glob("*.*.json")):
    rounds.setdefault(file.name.rsplit(".", 2)[0], []).append(json.loads(file.read_text("utf-8")))
about["machine"] = next((r[0]["machine"] for r in rounds.values() if "machine" in r[0]), "")
reference = rounds.get("node-llama-cpp-1", [{}])[0].get("answers")
speeds = {side: statistics.median(r["tokens"] / r["cpuSeconds"] for r in rs) for side, rs in rounds.items()}
best = max((speed for side, speed in speeds.items() if not side.startswith("embark")), default=None)
sides = []
for side, rs in rounds.items():
    equal = [sum(a == b for a, b in zip(r["answers"], reference)) for r in rs] if reference else None
    sides.append(
        {
            "side": side,
            "tokensPerCpuSecond": round(speeds[side], 1),
            "least": round(min(r["tokens"] / r["cpuSeconds"] for r in rs), 1),
            "most": round(max(r["tokens"] / r["cpuSeconds"] for r in rs), 1),
            "rounds": len(rs),
            "timesBestRival": best and round(speeds[side] / best, 2),
            "equalAnswers": equal and min(equal),
            "answers": len(rs[0]["answers"]),
        }
    )
result.write_text(json.dumps({**about, "sides": sides}, indent=2, ensure_ascii=False) + "\n", "utf-8")
print("| side | tokens per CPU second | × the best rival | equal answers |")
print("|---|---:|---:|---:|")
for side in sides:
    print(
        f"| {side['side']} | {side['tokensPerCpuSecond']} | {side['timesBestRival']} |"
        f" {side['equalAnswers']} of {side['answers']} |"
    )
