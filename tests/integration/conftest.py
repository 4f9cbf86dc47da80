"""Fixtures of the integration tests; what they give is described in thon.py."""

import itertools

import pytest

import announce as announce_of
import lights as lights_of
import relay as relay_of
import thon
import watch as watch_of
from cameras import farm, make_farm, make_real, own_network  # noqa: F401 (fixtures)


@pytest.fixture
def make_broker(tmp_path):
    """make_broker(users=, acl=, extra=): a broker more."""
    brokers, numbers = [], itertools.count()

    def make(**options):
        broker = thon.Broker(tmp_path / f"broker{next(numbers)}", **options)
        brokers.append(broker)
        return broker

    yield make
    for broker in brokers:
        broker.close()


@pytest.fixture
def broker(make_broker):
    """A private broker without passwords."""
    return make_broker()


@pytest.fixture
def make_site(tmp_path, make_broker):
    """make_site(broker, ...): a site more, without a store. Its daemons end before the brokers do."""
    sites, numbers = [], itertools.count()

    def make(broker, **options):
        site = thon.Site(tmp_path / f"site{next(numbers)}", broker.port, **options)
        sites.append(site)
        return site

    yield make
    errors = []
    for site in sites:
        try:
            site.close()
        except AssertionError as e:
            errors.append(str(e))
    assert not errors, "; ".join(errors)


@pytest.fixture
def site(make_site, broker):
    """A site with an empty store, on `broker`."""
    site = make_site(broker)
    site.ok("store", "init")
    return site


@pytest.fixture
def make_mqtt():
    """make_mqtt(broker, site=, user=, password=, watch=): a client more."""
    clients = []

    def make(broker, **options):
        client = thon.Mqtt(broker, **options)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def mqtt(make_mqtt, broker):
    """A client that sees everything below the root of `site`."""
    return make_mqtt(broker)


@pytest.fixture
def gpio(site):
    """The simulated lines of `site`."""
    return site.gpio


@pytest.fixture
def lights(site):
    """The lighting of `site`: see lights.py."""
    return lights_of.Lights(site)


@pytest.fixture
def start_daemon(site):
    """start_daemon("lightd", "--sim-clock", ..., ready=True): the daemon, ready."""
    return site.start


@pytest.fixture
def ctl(site):
    """ctl("light", "list"): thonctl --json; see thon.Result, and site.ok(), site.refused()."""
    return site.ctl


@pytest.fixture
def fakes(tmp_path):
    """Fake providers at nine in the morning: see relay.py."""
    fakes = relay_of.Fakes(tmp_path)
    yield fakes
    fakes.close()


@pytest.fixture
def relay(fakes, site, make_mqtt, broker):
    """The relay of `site`, on `fakes`, without a channel: see relay.py."""
    return relay_of.Relay(site, fakes, make_mqtt, broker)


@pytest.fixture
def watch(site, mqtt):
    """thon-camerad of `site`, quick, and what it tells: see watch.py."""
    return watch_of.Watch(site, mqtt)


@pytest.fixture
def air(site, mqtt):
    """thon-announced of `site`, and what it plays: see announce.py."""
    return announce_of.Air(site, mqtt)
