"""Two peers that cannot play together learn it as soon as the second comes."""

from staging import RACE


def test_peers_with_other_packages_are_told_what_to_install_and_wait_on(stage, tmp_path):
    planted = tmp_path / "elsewhere" / "numpy-1.0.1.dist-info"
    planted.mkdir(parents=True)
    (planted / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 1.0.1\n")
    other = {"PYTHONPATH": str(planted.parent)}
    _, broker = stage.broker()
    ann = stage.peer("ann", broker, *RACE, "--frames", 60, room="")
    ann.wait_for_words("1 of 2 players (ann)")
    bob = stage.peer("bob", broker, *RACE, "--frames", 60, room="", environment=other)
    bob.wait_for_words("ann waits in another room because the games differ: numpy is 1.0.1 here and 2.")
    ann.wait_for_words("bob waits in another room because the games differ: numpy is 2.")
    remedies = [
        next(said for said in peer.messages("say") if "games differ" in said).rpartition(": ")[2]
        for peer in (ann, bob)
    ]
    assert remedies[0] == remedies[1]
    assert remedies[0].startswith("pip install numpy==2.")
    cleo = stage.peer("cleo", broker, *RACE, "--frames", 60, room="", environment=other)
    assert [peer.exit_code() for peer in (bob, cleo)] == [0, 0], "they had waited on, and met"
    assert ann.popen.poll() is None
    assert cleo.said(" of bob, cleo")
