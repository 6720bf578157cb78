"""The Train tab, in a real browser, with real training."""

import re

import pytest

expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect
pytest_plugins = ["page"]

SECONDS = 1000


def figure(page):
    """The large perplexity."""
    return float(page.locator(".run-main b").inner_text().replace(",", ""))


def wait_for_state(page, *states, seconds=30):
    page.wait_for_function(
        "states => states.includes(document.querySelector('.run')?.dataset.state)",
        arg=list(states),
        timeout=seconds * SECONDS,
    )


def wait_for_figure(page):
    page.wait_for_function(
        "/\\d/.test(document.querySelector('.run-main b')?.textContent)", timeout=30 * SECONDS
    )


def setting(page, name):
    """The field of Custom that a setting is typed into."""
    return page.locator(f"#setting-{name}").get_by_role("textbox")


def begin(page, recipe="Coffee", time="1 min"):
    """Train on the story; long enough to be stopped, unless it is to end by itself."""
    page.get_by_role("radio", name="The Tide Clock").check()
    page.get_by_role("radio", name=recipe).check()
    page.get_by_role("button", name=f"Train on The Tide Clock · {time}").click()
    wait_for_state(page, "running")
    wait_for_figure(page)


def stop(page):
    page.get_by_role("button", name="Stop and keep").click()
    wait_for_state(page, "stopped")


def test_a_click_trains_and_the_model_is_carried_over(visit):
    page = visit()
    begin(page, "Sprint", "2 s")
    expect(page.get_by_role("button", name="Train on")).to_be_disabled()
    wait_for_state(page, "finished")
    expect(page.get_by_role("img", name=re.compile("perplexity fell from"))).to_be_visible()
    first = page.locator(".run-main small").inner_text().removeprefix("from ")
    assert figure(page) < float(first.replace(",", ""))
    rows = page.locator(".run-rows li")
    assert 2 <= rows.count() <= 5, "a busy machine may have passed some marks by"
    assert all(line.inner_text() for line in rows.locator(".line").all())
    expect(rows.first).to_contain_text("0 %")
    expect(rows.last).to_contain_text("100 %")
    for row in (rows.first, rows.last):
        expect(row.locator(".line")).to_contain_text(re.compile(r"The tide clock [\s\S]{20}"))
    expect(page.locator(".page-header .pill")).to_have_text("Idle")
    expect(page.get_by_role("button", name="Stop and keep")).to_be_disabled()

    page.get_by_role("button", name="Generate with it").click()
    expect(page.get_by_role("tab", name="Generate")).to_have_attribute("aria-selected", "true")
    chosen = page.locator("#generate-checkpoint input")
    expect(chosen).to_have_value(re.compile("Tide Clock"))


def places(page):
    """Where the parts of the card are."""
    return page.evaluate(
        """['.run-second', '.run-bits', '.run-chart', '.run-rows'].map((name) => {
            const { x, y } = document.querySelector(name).getBoundingClientRect();
            return [Math.round(x), Math.round(y + scrollY)];
        })"""
    )


def test_keep_training_goes_on_from_where_it_was_and_nothing_moves(visit):
    page = visit()
    before_any = places(page)
    begin(page)
    assert places(page) == before_any
    stop(page)
    assert places(page) == before_any
    first = page.locator(".run-main small").inner_text()
    before = float(re.search(r"at ([\d.]+)\ss", page.locator(".run-status").inner_text())[1])
    page.get_by_role("button", name="Keep training").click()
    wait_for_state(page, "running")
    expect(page.get_by_role("button", name="Keep training")).to_be_disabled()
    page.wait_for_function(
        "before => parseFloat(document.querySelector('.run-status').innerText) > before + 0.2",
        arg=before,
        timeout=30 * SECONDS,
    )
    stop(page)
    assert page.locator(".run-main small").inner_text() == first


def test_a_link_shows_a_run_in_another_browser_and_gives_no_control(visit):
    page = visit()
    begin(page)
    run, link = page.locator(".run").get_attribute("data-run"), page.locator(".run-link")
    address = link.get_attribute("href")
    assert run not in address
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link.click()
    expect(link).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith(address)
    other = visit("/" + address)
    wait_for_figure(other)
    expect(other.locator(".run-caption")).to_contain_text("The Tide Clock")
    expect(other.locator(".run-notice")).to_contain_text("shared with you")
    for name in ("stop", "sample", "resume", "push"):
        expect(other.locator(f"#train-{name}")).to_be_hidden()
    expect(other.locator(".run-star")).to_be_hidden()
    expect(other.locator(".recent-runs summary")).to_have_text("Your runs")
    remembered = other.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert run not in other.content() + remembered
    page.goto(
        page.url.rstrip("/") + "/" + address
    )  # by the link, its own browser is not a stranger
    wait_for_figure(page)
    stop(page)
    wait_for_state(other, "stopped")
    expect(page.locator(".run-status")).to_contain_text("model kept")
    assert figure(page) == figure(other)
    other.get_by_role("button", name="Generate with it").click()
    expect(other.locator("#generate-checkpoint input")).to_have_value(re.compile("shared with you"))


def test_a_link_to_a_run_that_is_gone_says_so(visit):
    page = visit("/?run=0123456789abcdef")
    expect(page.locator(".run-notice")).to_contain_text("no longer on this server")
    expect(page.get_by_role("button", name="Train on The Tide Clock")).to_be_enabled()


def test_a_second_run_waits_its_turn_and_says_so(visit):
    first, second = visit(), visit()
    begin(first)
    second.get_by_role("button", name="Train on The Tide Clock").click()
    expect(second.locator(".run-status")).to_contain_text("place 1")
    second.get_by_role("button", name="Cancel").click()
    wait_for_state(second, "cancelled")
    expect(second.locator(".run-status")).to_have_text("Cancelled")
    expect(second.locator(".run-note")).to_contain_text("nothing was trained")
    expect(second.get_by_role("button", name="Train on The Tide Clock")).to_be_enabled()
    expect(second.get_by_role("button", name="Keep training")).to_be_disabled()
    stop(first)


def test_a_sample_can_be_asked_for(visit):
    page = visit()
    begin(page, "Deep 5 min", "5 min")  # long enough for no mark to come meanwhile
    asked = page.locator(".run-rows li.extra .line")
    for count in (1, 2):
        page.get_by_role("button", name="Sample now").click()
        expect(asked).to_have_count(count)
    expect(asked.first).to_contain_text("The tide clock")
    stop(page)
    lines = page.locator(".run-rows .line")
    expect(lines).to_have_count(4)  # the first, the two that were asked for, and the last
    assert all(line.inner_text() for line in lines.all())


def test_a_text_of_ones_own_is_reported_before_it_is_trained_on(visit, tmp_path):
    page = visit()
    page.get_by_role("radio", name="Your own").check()
    lefts = {
        round(words.bounding_box()["x"])
        for words in page.locator("#train-files label, #train-corpus > span").all()
    }
    assert len(lefts) == 1, "every label stands at the left"
    page.get_by_label("Paste a text").fill("naïve café\n" * 200)
    report = page.locator("#train-report")
    expect(report).to_contain_text("2,200 characters · 10 symbols")
    file = tmp_path / "书.txt"
    file.write_bytes("大雨落下来，我在窗口等你。\r\n".encode("gb18030") * 100)
    page.locator("#train-files input").set_input_files(str(file))
    expect(report).to_contain_text("大雨落下来")
    expect(report).to_contain_text("CRLF")
    expect(report).to_contain_text("GB")


def test_an_error_is_shown_beside_its_field_and_the_form_stays(visit):
    page = visit()
    page.get_by_role("radio", name="Your own").check()
    page.get_by_role("button", name="Train on your text").click()
    expect(page.locator("#train-text-problem [role=alert]")).to_contain_text("Paste a text")
    page.get_by_label("Paste a text").fill("日本語だけ")
    page.get_by_role("radio", name="Textbook").check()
    expect(page.locator("#train-text-problem [role=alert]")).to_contain_text("letters A to Z")

    page.get_by_role("radio", name="Songs").check()
    page.get_by_role("radio", name="Custom").check()
    page.locator("#train-settings").get_by_role("button", name="Model").click()
    setting(page, "hidden_size").fill("many")
    problem = page.locator("#train-settings-problem [role=alert]")
    said = "Hidden size: a whole number from 1 to 4,096"
    expect(problem).to_have_text(said)
    page.get_by_role("button", name="Train on Songs").click()
    expect(setting(page, "hidden_size")).to_have_value("many")
    beside = page.locator("#setting-hidden_size .field-error")
    expect(beside).to_have_text(said)
    expect(problem).to_have_text(said)
    expect(setting(page, "hidden_size")).to_have_accessible_description(re.compile("whole number"))
    setting(page, "hidden_size").fill("32")
    expect(beside).to_be_hidden()
    expect(setting(page, "hidden_size")).not_to_have_attribute("aria-invalid", "true")
    setting(page, "hidden_size").fill("many")
    expect(beside).to_be_visible()
    expect(page.get_by_role("button", name="Train on Songs")).to_be_enabled()
    page.get_by_role("radio", name="Your own").check()
    expect(page.get_by_label("Paste a text")).to_have_value("日本語だけ")


def test_a_mistake_leaves_the_run_on_the_card(visit):
    page = visit()
    begin(page)
    stop(page)
    shown = figure(page)
    page.get_by_role("radio", name="Your own").check()
    page.get_by_role("button", name="Train on your text").click()
    expect(page.locator("#train-text-problem [role=alert]")).to_contain_text("Paste a text")
    assert figure(page) == shown
    expect(page.get_by_role("button", name="Generate with it")).to_be_enabled()


def test_an_experiment_brings_its_own_text(visit):
    page = visit()
    page.get_by_role("radio", name="Textbook").check()
    page.get_by_role("radio", name="Lyrics, concise").check()
    expect(page.get_by_role("button", name="Train on Songs · 1,000 epochs")).to_be_visible()
    expect(page.locator("#train-model")).to_contain_text("1.012 after 1,000 epochs")
    page.get_by_role("radio", name="Time Machine, concise").check()
    expect(page.get_by_role("button", name="Train on The Time Machine")).to_be_visible()
    expect(page.locator("#train-report")).to_contain_text("Training downloads it once (179 kB)")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_nothing_scrolls_sideways_on_a_phone(visit, locale):
    page = visit(width=390, height=844, locale=locale)
    for choice in page.locator("#train-recipe label").all():
        choice.click()
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.wait_for_function(
        """() => {
          const [button, card] = ["#train-go", ".run"].map((one) => document.querySelector(one));
          return button.getBoundingClientRect().y < card.getBoundingClientRect().y;
        }"""
    )


def test_on_a_phone_a_tap_brings_the_card_into_view(visit):
    page = visit(width=390, height=844)
    begin(page)
    expect(page.locator(".run-main b")).to_be_in_viewport()
    head = page.locator(".run-second, .run-bits").all()
    assert len({round(part.bounding_box()["y"]) for part in head}) == 1
    line = page.locator(".run-rows .line").first.bounding_box()
    assert line["height"] > 36, "two lines of what it writes"
    stop(page)


def test_names_stay_on_their_cards_on_a_tablet(visit):
    page = visit()
    for width in (768, 960):
        page.set_viewport_size({"width": width, "height": 900})
        for name in page.locator("#train-corpus label span").all():
            assert name.evaluate("span => span.scrollWidth <= span.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keyboard_keeps_its_place(visit):
    page = visit()
    page.get_by_role("radio", name="The Tide Clock").check()
    page.get_by_role("radio", name="Coffee").check()
    expect(page.get_by_role("button", name="Train on The Tide Clock · 1 min")).to_be_visible()
    page.locator("#train-go").press("Enter")
    wait_for_state(page, "running")
    expect(page.get_by_role("region", name="The run")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="perplexity")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="bits")).to_be_focused()
    expect(page.get_by_role("radio", name="bits")).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="perplexity")).to_be_checked()
    page.get_by_role("button", name="Stop and keep").press("Enter")
    wait_for_state(page, "stopped")
    expect(page.get_by_role("region", name="The run")).to_be_focused()


def test_arrow_keys_go_from_choice_to_choice_and_tab_past_them(visit):
    page = visit()
    page.get_by_role("radio", name="The Tide Clock").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Songs")).to_be_checked()
    expect(page.get_by_role("radio", name="Songs")).to_be_focused()
    page.keyboard.press("Tab")  # the text's beginning, which can be scrolled
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="Sprint")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Coffee")).to_be_checked()
    expect(page.get_by_role("button", name="Train on Songs · 1 min")).to_be_visible()
    page.locator('#train-recipe [value="textbook"]').check()
    experiments = page.locator("#train-experiment input")  # drawn only now
    experiments.first.focus()
    page.keyboard.press("ArrowDown")
    expect(experiments.nth(1)).to_be_checked()


def test_a_diverged_run_is_told_without_breaking_the_card_and_one_click_fills_in_what_to_try(visit):
    page = visit()
    page.get_by_role("radio", name="The Tide Clock").check()
    page.get_by_role("radio", name="Custom").check()
    page.locator("#train-settings").get_by_role("button", name="Learning").click()
    page.get_by_label("Optimizer").click()
    page.get_by_role("option", name="sgd").click()
    setting(page, "learning_rate").fill("300")
    setting(page, "clip").fill("none")
    page.locator("#train-go").click()
    wait_for_state(page, "diverged")
    expect(page.locator(".run-note")).to_contain_text("Training diverged after step")
    card = page.locator(".run").bounding_box()
    for text in page.locator(".run-curve text:not(.readout)").all():
        box = text.bounding_box()
        assert card["x"] <= box["x"] and box["x"] + box["width"] <= card["x"] + card["width"] + 22
    setting(page, "learning_rate").fill("0.5")
    page.get_by_role("radio", name="Songs").check()
    page.get_by_role("radio", name="Sprint").check()
    page.get_by_role("button", name="Try learning_rate = 0.3").click()
    expect(page.get_by_role("radio", name="Custom")).to_be_checked()
    expect(setting(page, "clip")).to_have_value("")
    expect(setting(page, "learning_rate")).to_have_value("0.3")
    expect(page.get_by_role("button", name="Train on The Tide Clock · 2 s")).to_be_enabled()
    assert page.locator(".run").get_attribute("data-state") == "diverged", "nothing has begun"


def test_a_chinese_browser_gets_a_chinese_page(visit):
    page = visit(locale="zh-CN")
    expect(page.get_by_role("tab", name="训练")).to_be_visible()
    expect(page.get_by_role("radio", name="歌")).to_be_checked()
    page.get_by_role("radio", name="潮汐钟").check()
    page.get_by_role("radio", name="咖啡").check()
    page.get_by_role("button", name="用《潮汐钟》训练 · 1 分钟").click()
    wait_for_figure(page)
    expect(page.locator(".run-status")).to_contain_text("秒")
    expect(page.locator(".run-caption")).to_contain_text("潮汐钟 · 咖啡")
    page.get_by_role("button", name="停止并保留").click()
    wait_for_state(page, "stopped")
    fixed = "button.lg, button.sm, .run-label, .run-heading, .run-note, .run-status, legend"
    for words in page.locator(".train-side .choose > span").or_(page.locator(fixed)).all():
        if words.is_visible() and (shown := words.inner_text().strip()):
            assert re.search("[\u4e00-\u9fff]", shown), shown


def test_a_chinese_browser_opens_on_the_chinese_text_and_model(visit):
    page = visit(locale="zh-CN")
    expect(page.get_by_role("button", name="用《歌》训练 · 2 秒")).to_be_visible()
    expect(page.locator(".run-caption")).to_contain_text("先前的一次训练：歌")
    page.get_by_role("tab", name="生成").click()
    expect(page.get_by_role("textbox", name="开头")).to_have_value("分开")
    page.get_by_role("button", name="生成", exact=True).click()
    expect(page.locator(".generate-text")).to_contain_text(re.compile("[\u4e00-\u9fff]{4}"))
    expect(page.get_by_text("不在该模型")).to_have_count(0)
    expect(page.locator("#generate-next-char")).to_contain_text(re.compile("[\u4e00-\u9fff]{2}"))


def test_the_page_is_dark_when_the_system_is(visit):
    page = visit(scheme="dark")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", paper)[:3])) < 60
