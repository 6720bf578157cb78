"""The page's Python and JavaScript use the same names: those of `charrnn/ui/contract.json`.

Sources are searched as text; nothing is run, and no browser is needed.
"""

import ast
import re
from itertools import chain
from pathlib import Path

import gradio as gr
import pytest

import charrnn.ui
from charrnn.ui import i18n
from charrnn.ui.api_dialog.strings import API_DIALOG
from charrnn.ui.generate import lines_strings
from charrnn.ui.generate import strings as generate
from charrnn.ui.i18n import SHARED, terms, titles
from charrnn.ui.inspect import (
    hidden_units_strings,
    reach_strings,
    second_model_strings,
    step_strings,
)
from charrnn.ui.inspect import strings as inspect
from charrnn.ui.models import strings as models
from charrnn.ui.novelty.strings import NOVELTY
from charrnn.ui.page.component import bind
from charrnn.ui.page.contract import CONTRACT, button_id, element_id, run_state
from charrnn.ui.push_dialog import strings as push
from charrnn.ui.run_card import strings as run_card
from charrnn.ui.train import custom_strings, start_strings, strings

UI = Path(charrnn.ui.__file__).parent


def sources(suffix):
    """The text of each file of `charrnn/ui` with this suffix, by its path in it; no comments."""
    found = {}
    for path in sorted(UI.rglob(f"*{suffix}")):
        text = path.read_text("utf-8")
        if suffix == ".js":
            text = re.sub(r"(^|\s)//[^\n]*", r"\1", text)
        found[path.relative_to(UI).as_posix()] = text
    return found


JS = sources(".js")
PYTHON = sources(".py")
ALL_JS, ALL_PYTHON = "\n".join(JS.values()), "\n".join(PYTHON.values())

TABLES = (
    *(
        SHARED,
        titles.RECIPES,
        push.ACCOUNT,
        push.PUSH,
        generate.FROM_HUB_LINK,
        generate.TEXT,
        lines_strings.LINES,
        inspect.INSPECT,
        hidden_units_strings.HIDDEN_UNITS,
        second_model_strings.SECOND_MODEL,
        step_strings.STEP,
        reach_strings.REACH,
        NOVELTY,
    ),
    *(models.CARDS, models.OPEN_MODEL, models.MODELS, models.HUB_SEARCH),
    *(run_card.CARD, run_card.RECENT_RUNS, run_card.DELETING),
    terms.DEFINITIONS,
    API_DIALOG,
    *(strings.OWN_TEXT, strings.FORM_RESET, strings.REPORT, custom_strings.CUSTOM),
    start_strings.START,
)
WORDS = {name for table in TABLES for name in table} | {"paste-too-large"}


def found(pattern, text):
    """All that the one group of a pattern matches."""
    return set(re.findall(pattern, text))


def test_every_component_is_a_script_and_is_built():
    assert {f"{name}.js" for name in CONTRACT["components"]} <= JS.keys()
    assert found(r'html_component\(\s*"([\w/]+)"', ALL_PYTHON) == set(CONTRACT["components"])


MORE_SCRIPTS = {
    "run_card/run_card": ["run_card/feed.js"],
    "page/header": ["page/tabs.js"],
    "push_dialog/push_dialog": ["push_dialog/account.js"],
}


# The folders of the scripts that ask the server through a component.
ASKING_FOLDERS = {
    "inspect/inspect": ["inspect/", "novelty/"],
    "generate/novelty": ["novelty/"],
}


def scripts_of(component):
    """The JavaScript of a component, which may be in more than one file."""
    return "\n".join(JS[name] for name in [f"{component}.js", *MORE_SCRIPTS.get(component, ())])


@pytest.mark.parametrize("component", CONTRACT["components"])
def test_a_component_triggers_and_calls_what_the_contract_lists(component):
    listed, script = CONTRACT["components"][component], scripts_of(component)
    assert found(r'\btrigger\("(\w+)"', script) == set(listed["events"])
    called = found(r"\bserver\.(\w+)\(", script)
    for folder in ASKING_FOLDERS.get(component, ()):
        scripts = (text for name, text in JS.items() if name.startswith(folder))
        called |= found(r'\bask\(\s*"(\w+)"', "\n".join(scripts))
    assert called == set(listed["server_functions"])


def test_nothing_else_triggers_an_event_or_calls_the_server():
    scripts = {name for component in CONTRACT["components"] for name in (f"{component}.js",)}
    others = set(JS) - scripts - {"page/main.js"} - set(chain(*MORE_SCRIPTS.values()))
    for name in others:
        assert not re.search(r"\btrigger\(|\bserver\.", JS[name]), name


def listened_to(text):
    """The names of the component's events that a Python file handles."""
    for call in ast.walk(ast.parse(text)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            keywords = {keyword.arg for keyword in call.keywords}  # None for **options
            of_an_event = keywords & {"js", "api_visibility", "show_progress", "trigger_mode"}
            if of_an_event or (None in keywords and len(call.args) > 2):
                yield call.func.attr


def test_python_handles_the_events_that_components_trigger():
    gradios = {str(event) for component in (gr.Textbox, gr.Button, gr.File, gr.Radio, gr.Tab)
               for event in component.EVENTS}  # fmt: skip
    gradios |= {"load", "then", "success", "failure", "on", "api", "change", "input"}
    handled = {name for text in PYTHON.values() for name in listened_to(text)}
    events = {name for one in CONTRACT["components"].values() for name in one["events"]}
    assert events <= handled
    assert handled - gradios - events <= {"launch", "HTML", "Button", "Textbox"}


def test_python_calls_functions_that_javascript_exports():
    main = JS["page/main.js"]
    spread = re.search(r"Object\.assign\(([^)]+)\)", main)[1]
    modules = dict(re.findall(r'import \* as (\w+) from "\.\.?/([\w/]+\.js)"', main))
    exported = set()
    for name in found(r"(\w+)", spread):
        path = modules[name]
        text = JS.get(path) or JS[f"page/{path}"]
        exported |= found(r"export (?:async )?(?:function|const) (\w+)", text)
    called = found(r'\bcall\(\s*"(\w+)"', ALL_PYTHON)
    assert called and called <= exported
    elsewhere = "\n".join(
        re.sub(r"export (?:async )?(?:function|const) \w+", "", one) for one in JS.values()
    )
    for name in exported - called:
        assert re.search(rf"\b{name}\b", elsewhere), f"nothing calls {name}"


def test_there_is_no_javascript_in_python():
    for name, text in PYTHON.items():
        if name != "page/modules.py":
            assert not re.search(r"=> |window\.|document\.", text), name


def test_window_events_are_sent_and_heard():
    assert not re.search(r'(emit|listen)\((?!name\b)[^"]', ALL_JS), "a name that is composed"
    used = found(r'["\'](charrnn-[a-z-]+)["\']', ALL_JS) | found(
        r'["\'](charrnn-[a-z-]+)["\']', ALL_PYTHON
    )
    assert used - {"charrnn-client"} == set(CONTRACT["window_events"])
    for name in CONTRACT["window_events"]:
        assert len(re.findall(rf'["\']{name}["\']', ALL_JS + ALL_PYTHON)) > 1, name


def test_storage_keys_are_those_of_the_contract():
    assert found(r"\bSTORAGE\.(\w+)", ALL_JS) == set(CONTRACT["storage"])
    assert not re.search(r"[\"'`]charrnn:", ALL_JS)


def test_element_ids_are_set_by_python_and_looked_up_by_javascript():
    ids = {*CONTRACT["element_ids"], *map(button_id, CONTRACT["buttons"])}
    outer = r"[\"'`\s]#((?:train|generate|tab|setting)-[\w-]+(?:\$\{\w+\})?|open-model)"
    used = found(outer, ALL_JS)
    assert {one for one in used if "$" not in one} <= ids
    for name in CONTRACT["element_ids"]:
        prefix = f"`#{name.rpartition('-')[0]}-" + "${", f"`{name.rpartition('-')[0]}-" + "${"
        looked_up = f"#{name}" in ALL_JS or any(one in ALL_JS for one in prefix)
        assert looked_up, f"no JavaScript looks up {name}"
        set_by = f'element_id("{name}")', f'element_id(f"{name.rpartition("-")[0]}-'
        assert any(one in ALL_PYTHON for one in set_by), f"no component has the id {name}"


def pattern(composed):
    """A regular expression for what a template literal may come to."""
    return "[a-z-]+".join(map(re.escape, re.split(r"\$\{[^}]*\}", composed)))


def keys_used(script):
    """The word keys in a script, as regular expressions, since some are composed."""
    yield from map(re.escape, found(r"\bwords\.(\w+)", script))
    for index, argument in re.findall(r"\bwords\[([^\]\n]+)\]|\bt\(([^\n]+)", script):
        key = index or re.split(r"[,)]", argument)[0]
        yield from map(pattern, found(r"`([^`]+)`", key))
        compared = r'=== "\w+"|`[^`]*`'
        yield from map(re.escape, found(r'"([a-z][a-z-]*)"', re.sub(compared, "", key)))


def test_every_word_that_javascript_says_is_in_a_table():
    for name, script in JS.items():
        for key in keys_used(script):
            assert any(re.fullmatch(key, word) for word in WORDS), f"{name} says {key}"


def test_every_word_of_the_tables_is_said():
    literal = found(r'["\']([a-z][\w-]*)["\']', ALL_JS) | found(r"\bwords\.(\w+)", ALL_JS)
    composed = [pattern(one) for one in found(r"`([a-z][^`\s<>.]+)`", ALL_JS)]
    told = {*titles.RECIPES, *CONTRACT["run_states"]}  # named by the server
    for word in WORDS - literal - told:
        said = any(re.fullmatch(one, word) for one in composed)
        assert said or f'"{word}"' in ALL_PYTHON, f"nothing says {word}"


def terms_of(text):
    """The terms that a string marks, and those that a script does."""
    return found(r"\[[^\]]+\]\(([a-z-]+)\)", text) | found(r'asTerm\([^)]*?"([a-z-]+)"\)', text)


def test_every_term_that_is_marked_is_defined_and_every_definition_is_marked():
    marked = set()
    for table in TABLES:
        for name, (english, chinese) in table.items():
            assert bool(terms_of(english)) == bool(terms_of(chinese)), name
            marked |= terms_of(english) | terms_of(chinese)
    baselines = {"uniform", "unigram", "n-gram"}  # marked by the name of a line of the chart
    assert marked | terms_of(ALL_JS) | baselines == terms.TERMS.keys()


@pytest.mark.parametrize("term", terms.TERMS.values(), ids=terms.TERMS)
def test_a_term_is_defined_in_both_languages_and_names_a_chapter_of_the_textbook(term):
    if term.chapter is not None:
        english, chinese = term.chapter.address
        assert english.startswith("https://d2l.ai/chapter_") and english.endswith(".html")
        assert chinese.startswith("https://zh.d2l.ai/chapter_") and chinese.endswith(".html")
    titles = [term.chapter.title] if term.chapter else []
    for pair in (term.definition, *titles, *([term.at_hand] if term.at_hand else [])):
        assert re.search("[\u4e00-\u9fff]", pair[1]) and not re.search("[\u4e00-\u9fff]", pair[0])
    if term.at_hand:
        assert all("{n}" in sentence for sentence in term.at_hand)


def test_states_are_known():
    assert set(CONTRACT["live_states"]) < set(CONTRACT["run_states"])
    assert set(run_card.CARD) | set(SHARED) >= set(CONTRACT["run_states"]) - {"finding"}
    with pytest.raises(ValueError, match="no run state 'paused'"):
        run_state("paused")
    with pytest.raises(ValueError, match="no element id"):
        element_id("train-nothing")


async def tell(context: dict, asked: object, request: gr.Request) -> tuple:
    return context, asked, request


def test_a_bound_function_keeps_its_name_and_gets_the_request():
    from gradio.helpers import special_args

    bound = bind(tell, {"a": 1})
    assert bound.__name__ == "tell"
    assert special_args(bound, ["asked"], request="the request")[0] == ["asked", "the request"]


def test_a_component_with_another_server_function_is_not_built():
    from charrnn.ui.page.component import html_component

    with pytest.raises(ValueError, match="tell"):
        html_component("run_card/recent_runs", "", words=[i18n.SHARED], server_functions=[tell])
