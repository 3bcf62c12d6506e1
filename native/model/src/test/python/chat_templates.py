"""Renders chat templates as transformers does.

    python chat_templates.py INPUT OUTPUT

INPUT is JSON: "time" as seconds in UTC, "bos", "eos", "templates" as paths, and "chats", each with "system",
which may be null, and "user". OUTPUT is a list of lists: for each template the text of each chat, or null where
transformers fails.
"""

import datetime
import json
import sys

from transformers.utils import chat_template_utils

with open(sys.argv[1], encoding="utf-8") as file:
    given = json.load(file)


class FixedTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(given["time"], datetime.timezone.utc).replace(tzinfo=None)


chat_template_utils.datetime = FixedTime


def rendered(template, chat):
    messages = [{"role": "user", "content": chat["user"]}]
    if chat["system"] is not None:
        messages.insert(0, {"role": "system", "content": chat["system"]})
    try:
        return chat_template_utils.render_jinja_template(
            [messages],
            chat_template=template,
            add_generation_prompt=True,
            bos_token=given["bos"],
            eos_token=given["eos"],
        )[0][0]
    except Exception:  # of jinja2, or Python's for a wrong type
        return None


texts = []
for path in given["templates"]:
    with open(path, encoding="utf-8", newline="") as file:
        template = file.read()
    texts.append([rendered(template, chat) for chat in given["chats"]])
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(texts, file, ensure_ascii=False)
