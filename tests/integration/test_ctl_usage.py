"""What thonctl takes on its command line, before it asks anybody."""

import pytest


@pytest.mark.parametrize("reading", ["", " ", "0x10", "inf", "nan", "-1", "1e3", "12,5", "1.2.3"])
def test_a_reading_that_is_no_plain_number_corrects_no_meter(site, reading):
    words = site.refused("light", "meter", "duong-lang", reading, code=2)
    assert "kWh" in words


def test_words_shorter_than_an_option_are_words(site):
    assert "takes one circuit" in site.refused("light", "on", "", code=2)
    assert "unknown command" in site.refused("x", code=2)


def test_usage_is_one_document_too(site):
    result = site.ctl("light", "on", "duong-lang", "--for", "soon")
    assert result.code == 2
    assert result.data["ok"] is False and result.data["error"] == "usage" and "--for" in result.data["detail"]
