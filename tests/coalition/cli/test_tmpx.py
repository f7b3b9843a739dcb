def test_a(network):
    pass
