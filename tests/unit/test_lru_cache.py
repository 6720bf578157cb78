"""The cache of the values used last."""

from charrnn.ui.services.lru_cache import LRUCache


def test_the_value_used_longest_ago_is_dropped():
    cache = LRUCache(2)
    cache.put("one", 1)
    cache.put("two", 2)
    assert cache.get("one") == 1
    cache.put("three", 3)
    assert [cache.get(key) for key in ("one", "two", "three")] == [1, None, 3]


def test_values_count_by_their_size_and_the_last_one_stays():
    cache = LRUCache(10, len)
    cache.put("a", "x" * 6)
    cache.put("b", "x" * 4)
    assert cache.get("a") and cache.get("b")
    cache.put("c", "x" * 30)
    assert [cache.get(key) for key in "abc"] == [None, None, "x" * 30]


def test_a_value_is_computed_once():
    cache, computed = LRUCache(2), []
    for _ in range(2):
        assert cache.get_or_compute("key", lambda: computed.append(1) or "value") == "value"
    assert computed == [1]
