"""Writes cases.txt of JinjaTemplateTest: templates, and what transformers renders of them.

    python jinja_cases.py > ../resources/dev/embark/engine/jinja/cases.txt

needs transformers; the file in the repository was made with transformers 5.24 and jinja2 3.1.
"""

import datetime

from transformers.utils import chat_template_utils


class FixedTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 3, 5, 14, 7, 9)


chat_template_utils.datetime = FixedTime

MESSAGES = [
    {"role": "system", "content": " Be brief. "},
    {"role": "user", "content": "What's \"1 < 2\"?\nÜber 😀"},
    {"role": "assistant", "content": "<think>easy</think>\n\nYes."},
    {"role": "user", "content": "\tAnd 3?  "},
]

TEMPLATES = r"""
{% for m in messages %}<|{{ m.role }}|>{{ m['content'] | trim }}{% endfor %}
{%- for m in messages -%} {{ m.role }} {%- endfor -%} end
{% raw %}{{ not }} {% if %}{% endraw %} after
{% set ns = namespace(found=false, n=0) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.n = ns.n + 1 %}{% set ns.found = true %}{% endif %}{% endfor %}{{ ns.n }} {{ ns.found }}
{% for m in messages[1:] %}{{ loop.index }}/{{ loop.index0 }}/{{ loop.length }}/{{ loop.first }}/{{ loop.last }}/{{ loop.revindex }};{% endfor %}
{% for m in messages %}{{ loop.previtem.role if loop.previtem is defined else 'none' }}>{{ loop.nextitem.role if not loop.last }};{% endfor %}
{{ messages[-1].role }} {{ messages[::-1][0].role }} {{ messages[1:3] | length }} {{ 'abcdef'[1:-1] }} {{ 'abcdef'[::2] }} {{ 'abc'[-1] }} {{ 'abcdef'[10:] }}|
{% for m in messages if m.role != 'system' %}{{ m.role[0] }}{% else %}none{% endfor %}
{% for m in [] %}x{% else %}none{% endfor %}
{% for k, v in {'a': 1, 'b': [2, 3]}.items() %}{{ k }}={{ v }};{% endfor %}
{% for k, v in {'b': 1, 'A': 2} | dictsort %}{{ k }}={{ v }};{% endfor %}
{% for m in messages %}{% if loop.index0 == 1 %}{% continue %}{% endif %}{% if loop.index0 == 3 %}{% break %}{% endif %}{{ loop.index0 }}{% endfor %}
{% macro tag(name, text='none', n=1) %}<{{ name }}>{{ text * n }}</{{ name }}>{% endmacro %}{{ tag('a') }}{{ tag('b', 'x', n=3) }}{{ tag(name='c') }}
{% macro outer() %}[{{ caller('x') }}]{% endmacro %}{% call(v) outer() %}in {{ v }}{% endcall %}
{% macro fact(n) %}{{ n if n < 2 else n * fact(n - 1) | int }}{% endmacro %}{{ fact(5) }}
{% set a, b = (1, 2) %}{{ a }}{{ b }}{% set text %} captured {{ a }} {% endset %}[{{ text }}]{% set up | upper %}low{% endset %}{{ up }}
{% set x = 1 %}{% for i in range(3) %}{% set x = i %}{% endfor %}{{ x }}
{% with a = 3, b = 4 %}{{ a * b }}{% endwith %}{{ a is defined }}
{% filter upper %}shout {{ 'it' }}{% endfilter %}
{% generation %}answer{% endgeneration %}
{{ missing }}|{{ missing is defined }}|{{ missing | default('d') }}|{{ none | default('d', true) }}|{{ missing | length }}|{{ missing or 'e' }}
{{ none }} {{ true }} {{ false }} {{ 1.0 }} {{ 1e20 }} {{ 0.00001 }} {{ 1.5 + 1 }} {{ 7 // 2 }} {{ 7 % 3 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }}
{{ [1, 'a', none, true, 2.0] }} {{ {'k': "it's", 'd': 'say "x"'} }} {{ (1, 2) | list }} {{ ["a\nb\\"] }}
{{ (1 + 2) ~ 'a' }} {{ 'a' ~ 1 * 2 }} {{ -2 | abs }} {{ 2 - -1 }} {{ not true or true }} {{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }}
{{ 'a' in 'cat' }} {{ 'x' not in ['x'] }} {{ 'k' in {'k': 1} }} {{ 2 in [1, 2] }} {{ not 'a' in 'b' }}
{{ 'x' is string }} {{ 1 is number }} {{ true is boolean }} {{ {} is mapping }} {{ [] is iterable }} {{ 'x' is iterable }} {{ 'x' is sequence }} {{ {} is sequence }} {{ none is none }} {{ 1 is not none }} {{ 3 is odd }} {{ 4 is even }} {{ 6 is divisibleby 3 }} {{ 6 is divisibleby(4) }} {{ 1 is integer }} {{ 1.0 is float }} {{ true is true }} {{ 1 is true }} {{ 'a' is in 'abc' }} {{ 1 is eq 1 }} {{ 'a' is lower }} {{ 2 is gt 1 }} {{ true is number }}
{{ messages | map(attribute='role') | join(', ') }} {{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ messages | rejectattr('role', 'in', ['user']) | map(attribute='role') | list }} {{ ['a', 'b'] | map('upper') | join }} {{ [1, 0, 2] | select | list }} {{ [3, 1, 2] | sort }} {{ ['b', 'A', 'a'] | sort }} {{ ['b', 'A', 'a'] | unique | list }} {{ [3, 1] | min }} {{ [3, 1] | max }} {{ [1, 2] | sum }} {{ [1, 2] | first }} {{ [1, 2] | last }} {{ [1, 2] | reverse | list }} {{ [1, 2, 3] | reject('odd') | list }} {{ [{'n': 2}, {'n': 1}] | sort(attribute='n') | map(attribute='n') | list }}
{{ messages[1].content | tojson }} {{ {'b': [1, {'a': none}], 'a': 'é/\t'} | tojson }} {{ {'b': 1, 'a': [true, {}], 'c': []} | tojson(indent=2) }} {{ 'é😀' | tojson(ensure_ascii=true) }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true, separators=(',', ':')) }} {{ 1.5 | tojson }}
{{ ' x '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ ' x '.lstrip() }}|{{ 'x\n'.rstrip('\n') }}|{{ 'a,b,c'.split(',') }}|{{ 'a,b,c'.split(',', 1)[1] }}|{{ ' a  b '.split() }}|{{ 'a,b,c'.rsplit(',', 1) }}|{{ 'a\nb'.splitlines() }}|{{ 'abc'.startswith('ab') }}|{{ 'abc'.endswith(('x', 'c')) }}
{{ 'a-b-c'.replace('-', '+') }}|{{ 'a-b-c'.replace('-', '+', 1) }}|{{ 'ab'.replace('', '.') }}|{{ 'hello wOrld it\'s'.title() }}|{{ 'hELLO'.capitalize() }}|{{ 'aXb'.lower() }}|{{ 'straße'.upper() }}|{{ 'abcabc'.find('c') }}|{{ 'abc'.find('x') }}|{{ 'abcabc'.rfind('c') }}|{{ 'banana'.count('an') }}|{{ ', '.join(['a', 'b']) }}|{{ '{} and {}'.format(1, 'b') }}|{{ '{1}{0}{{x}}{name}'.format(1, 2, name=3) }}|{{ '%s is %d%%' % ('a', 5) }}|{{ '12'.isdigit() }}|{{ ''.isdigit() }}|{{ 'ab'.removeprefix('a') }}|{{ 'aB'.isupper() }}
{{ messages[2].content.split('</think>')[-1].lstrip('\n') }}|{{ 'think' in messages[2].content }}
{{ {'a': 1}.get('a') }} {{ {'a': 1}.get('b') }} {{ {'a': 1}.get('b', 'c') }} {{ {'a': 1}.keys() | list }} {{ {'a': 1}['a'] }} {{ {'a': {'b': 2}}.a.b }} {{ {'items': 1}['items'] }} {{ {'a': 1} | items | list | length }} {{ {'a': 1} | length }}
{{ 'a\tb\u00e9\x41\\n\'' }} {{ "double \" 'q'" }} {{ 'a' 'b' }}
{{ 'text with\nlines\n\nend' | indent(2) }}|{{ 'a\nb' | indent(2, first=true) }}|{{ 'a\n\nb' | indent(2, blank=true) }}
{{ '3' | int + 1 }} {{ '3.7' | float }} {{ 'x' | int }} {{ 3.7 | int }} {{ 2.5 | round }} {{ 2.567 | round(2) }} {{ 2.1 | round(0, 'ceil') }} {{ 5 | string ~ 'x' }} {{ 'a b c' | wordcount }} {{ '<a & "b">' | e }} {{ 'a' | safe }} {{ 'Ab' | lower | upper }} {{ 'ab cd' | title }} {{ 'aB' | capitalize }}
{{ range(3) | list }} {{ range(1, 7, 2) | list }} {{ range(3, 0, -1) | list }} {{ dict(a=1, b=2) }} {{ [1] + [2] }} {{ 'ab' * 2 }} {{ [0] * 3 }}
{{ strftime_now('%d %b %Y') }} {{ strftime_now('%Y-%m-%d %H:%M:%S') }} {{ strftime_now('%A, %B %-d') }} {{ strftime_now('%I:%M %p %j') }}
{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\n' + system_message + '\n<</SYS>>\n\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}
{% if messages[0]['role'] == 'user' %}{{ raise_exception('fine') }}{% elif messages|length == 4 %}four{% else %}other{% endif %}{% if not tools %} no tools{% endif %}{% if tools is defined and tools is none %} none{% endif %}{% if add_generation_prompt %}<|assistant|>{% endif %}
{{ raise_exception('not this role: ' + messages[0].role) }}
{{ missing.attribute }}
{{ 'a' + 1 }}
{{ messages.append(1) }}
{{ 1 // 0 }}
{{ none | length }}
{{ missing() }}
{{ messages | first_of }}
{% for x in 3 %}{% endfor %}
{% include 'x' %}
{% if x %}
{{ 'a
{{ [1, 2 }}
"""


def templates():
    """Yields the templates: those of several lines, and each line of TEMPLATES."""
    yield from MULTILINE
    yield from TEMPLATES.strip("\n").split("\n")


MULTILINE = [
    "  {% if true %}\n a\n  {% endif %}\nb\n",
    "{% if true %}   {% endif %}x\nx   {% if true -%}   y  {%- endif +%}\nz\n  {%+ if true %}a{% endif %}\n\n",
    "{# note #}\n a {#- note -#} b\n  {# x #}  \n{{ 'a' }}\n{{ 'b' -}}\n\n c\n",
    "{%- for m in messages %}\n    {%- if m.role == 'user' %}\n        {{- m.content }}\n    {%- endif %}\n{%- endfor %}\n",
    "{% for m in messages %}\n  {{ m.role }}\n{% endfor %}\n\n",
    "a\r\nb\r{% if true %}\r\nc{% endif %}\r\n",
    "\t{% set x = 1 %}\n  {{ x }}  \n",
    "a {% raw -%}  {{ b }}\n  {% endraw %}\nc",
    "{%- macro m(a) %}\n  <{{ a }}>\n{% endmacro -%}\n{{ m(1) }}\n{{- m(2) }}",
]


def rendered(template):
    try:
        text = chat_template_utils.render_jinja_template(
            [MESSAGES],
            chat_template=template,
            add_generation_prompt=True,
            bos_token="<s>",
            eos_token="</s>",
        )[0][0]
        return "renders", text
    except Exception:  # of jinja2, or Python's for a wrong type
        return "fails", ""


def main():
    for template in templates():
        kind, text = rendered(template)
        print("=====", kind)
        print(template.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n"))
        print(text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n"))


main()
