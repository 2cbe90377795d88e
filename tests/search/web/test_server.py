import pytest

from cpcl_mm.search.web import address_of, is_loopback, listen


@pytest.mark.parametrize('host', ['127.0.0.1', '127.3.2.1', '::1', 'localhost'])
def test_hosts_that_only_this_machine_reaches(host):
    assert is_loopback(host)


@pytest.mark.parametrize('host', ['0.0.0.0', '::', '192.168.0.7', 'example.org', ''])
def test_hosts_that_others_reach(host):
    assert not is_loopback(host)


def test_any_free_port_can_be_taken():
    with listen('127.0.0.1', 0) as listening:
        port = listening.getsockname()[1]
        assert address_of(listening) == f'http://127.0.0.1:{port}/'


def test_a_port_in_use_is_named_with_the_way_out():
    with listen('127.0.0.1', 0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(OSError, match=rf'port {port} of 127\.0\.0\.1 is in use: .*--port 0'):
            listen('127.0.0.1', port)


@pytest.mark.parametrize(
    ('host', 'port', 'says'),
    [
        ('127.0.0.1', 65536, '--port 65536 is no port: they go from 0 to 65535'),
        ('256.1.1.1', 0, r'cannot listen on port 0 of 256\.1\.1\.1 \('),
    ],
)
def test_what_cannot_be_listened_on(host, port, says):
    with pytest.raises(OSError, match=says):
        listen(host, port)
