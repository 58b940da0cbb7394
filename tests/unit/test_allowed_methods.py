"""The Allow header names every method that an address takes."""

from hub.api.allowed import allowed_methods

PATHS: dict[str, dict[str, object]] = {
    "/api/v1/cases": {"get": {}, "post": {}},
    "/api/v1/cases/{case_id}": {"get": {}},
    "/api/v1/cases/{case_id}/take": {"post": {}},
    "/api/v1/cases/export": {"put": {}},
}


def test_all_routes_at_an_address_are_named() -> None:
    assert allowed_methods(PATHS, "/api/v1/cases", "GET") == "GET, POST"
    assert allowed_methods(PATHS, "/api/v1/cases/7/take") == "POST"
    assert allowed_methods(PATHS, "/api/v1/cases/7") == "GET"


def test_an_address_with_a_name_of_its_own_is_none_of_those_that_a_template_stands_for() -> None:
    assert allowed_methods(PATHS, "/api/v1/cases/export", "GET") == "PUT"


def test_what_is_not_described_keeps_what_the_framework_knows() -> None:
    assert allowed_methods(PATHS, "/console/x", "GET,HEAD") == "GET, HEAD"
    assert allowed_methods(PATHS, "/api/v1/cases/7/8/take") == ""
    assert allowed_methods({"/a.b": {"get": {}}}, "/aXb") == ""
