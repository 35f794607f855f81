# SPDX-License-Identifier: MIT OR Apache-2.0
"""The recorded chain that the interoperation tests play, and when to skip them."""
import os
import pathlib
import sys

SKIPPED = 77
NETWORK = "localnet-venus"
# Of chain-197.car; genesis is one of them.
TIPSETS, BLOCKS, MESSAGES = 189, 284, 65


def skip(why):
    print("skipped:", why)
    sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


def vectors():
    beside = pathlib.Path(__file__).resolve().parents[3] / "shared" / "vectors"
    folder = pathlib.Path(os.environ.get("VENUS_VECTORS") or beside) / "lotus-devnet"
    if not folder.is_dir():
        skip("no recorded chain (VENUS_VECTORS)")
    return folder


def chain():
    return str(vectors() / "chain-197.car")


def secp256k1_key():
    return str(vectors() / "wallets" / "t1dzdedrfbvsuq42k22ja4qxvbzdwjv6we2i6w4cy.key")


def genesis():
    return str(vectors() / "genesis.car")


def network_file():
    return str(pathlib.Path(__file__).resolve().parents[1] / "replay" / "lotus-devnet.toml")


def actors_bundle():
    cache = os.environ.get("VENUS_CACHE") or os.path.expanduser("~/.cache/venus")
    bundle = pathlib.Path(cache) / "actors" / "v18-devnet.car"
    if not bundle.exists():
        skip("no actors bundle (make setup)")
    return str(bundle)


def program(path):
    """gopeer, which interop_build makes unless there is no Go."""
    vectors()
    if not pathlib.Path(path).exists():
        skip("gopeer was not built")
    return path
