"""Makes the golden prompts that internal/chat is held to, by running Jinja templates as Hugging Face transformers does.

    python make.py                     renders the templates of this folder into golden.json
    python make.py FOLDER NAME=FILE …  renders published templates (a .jinja text or a GGUF file each), and the one of
                                       Llama 4 that transformers carries, into FOLDER/golden.json, which is not
                                       committed: the templates are their authors'

Made with transformers 5.23.0 and Jinja2 3.1.6.
"""

import copy
import json
import pathlib
import sys

from transformers.utils import chat_template_utils

HERE = pathlib.Path(__file__).parent

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Today's weather in a \"city\" — é, 日本",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 1, "enum": []}},
            "required": ["city"],
            "scale": [1.0, -0.5, 1e-7, 1e16, 123456789012345678901234567890, True, False, None, {}],
        },
    },
}
CLOCK = {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}


def call(name, **arguments):
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


SYSTEM = {"role": "system", "content": " \n You are terse. \x1c\u00a0"}
HELLO = {"role": "user", "content": "  What is 2+2?\n"}
FOUR = {"role": "assistant", "content": "4 "}
MORE = {"role": "user", "content": "And <|eot|> or <|im_end|> in \"text\"?"}
ASK = {"role": "user", "content": " Weather in Oslo? "}
CALL = {"role": "assistant", "content": "", "tool_calls": [call("get_weather", city="Oslo \"N\" é\n", days=2)]}
RESULT = {"role": "tool", "content": "4 degrees, \"rain\"\n\u0001é"}
CASES = {
    "one turn": dict(messages=[HELLO]),
    "two turns": dict(messages=[SYSTEM, HELLO, FOUR, MORE]),
    "no reply": dict(messages=[HELLO, FOUR], add_generation_prompt=False),
    "empty text": dict(messages=[{"role": "system", "content": ""}, {"role": "user", "content": ""}]),
    "late system": dict(messages=[HELLO, SYSTEM, MORE]),
    "today": dict(messages=[HELLO], date_string="23 Nov 2026"),
    "tools": dict(messages=[ASK], tools=[WEATHER, CLOCK]),
    "tools and system": dict(messages=[SYSTEM, ASK], tools=[WEATHER]),
    "tools in system": dict(messages=[SYSTEM, ASK], tools=[WEATHER, CLOCK], tools_in_user_message=False),
    "tool result": dict(messages=[SYSTEM, ASK, CALL, RESULT, FOUR, HELLO], tools=[WEATHER]),
    "tool result alone": dict(messages=[ASK, CALL, RESULT]),
    "text and calls": dict(
        messages=[ASK, {"role": "assistant", "content": " Two: ", "tool_calls": [call("now"), call("get_weather", city="Oslo")]}]
    ),
    "image": dict(
        messages=[{"role": "user", "content": [
            {"type": "image"}, {"type": "text", "text": " Describe"}, {"type": "image"}, {"type": "text", "text": " this. "}]}]
    ),
}


def render(template, case):
    case = copy.deepcopy(case)
    messages = case.pop("messages")
    # Only the templates that ask for the date of today get one: the others would not in the product.
    if "strftime_now" not in template:
        case.pop("date_string", None)
    elif "date_string" not in case:
        # As if the clock were not there: the default of the template.
        template = template.replace("strftime_now is defined", "false")
    compiled = chat_template_utils._compile_jinja_template(template)
    case.setdefault("add_generation_prompt", True)
    return compiled.render(messages=messages, bos_token="<|begin_of_text|>", eos_token="", **{"tools": None, **case})


SKIPS = {
    "llama3": ["image", "text and calls"],
    "smollm2": ["image", "tool", "text and calls"],
    "llama3-plain": ["image", "tool", "text and calls"],
    "chatml": ["image", "tool", "text and calls"],
}


def skips(name, case):
    for prefix in sorted(SKIPS, key=len, reverse=True):
        if name.startswith(prefix):
            return any(case.startswith(word) for word in SKIPS[prefix])
    return False


def golden(templates):
    for name, template in templates.items():
        prompts = [
            {"case": case, **CASES[case], "text": render(template, CASES[case])} for case in CASES if not skips(name, case)
        ]
        yield {"name": name, "template": template, "prompts": prompts}


def published(pairs):
    from transformers.models.llama4 import processing_llama4

    yield "llama4-published", processing_llama4.chat_template
    for pair in pairs:
        name, path = pair.split("=")
        if path.endswith(".gguf"):
            from gguf import GGUFReader

            yield name, GGUFReader(path).fields["tokenizer.chat_template"].contents()
        else:
            yield name, pathlib.Path(path).read_text()


def main():
    folder, templates = HERE, {path.stem: path.read_text() for path in sorted(HERE.glob("*.jinja"))}
    if len(sys.argv) > 1:
        folder, templates = pathlib.Path(sys.argv[1]), dict(published(sys.argv[2:]))
        folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(list(golden(templates)), ensure_ascii=True, indent=1)
    (folder / "golden.json").write_text(text + "\n")


main()
