#!/bin/sh
# Makes a virtual environment with pip in $1, also where Debian keeps ensurepip in a package apart.
set -eu
venv=$1
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Ringdesk needs Python 3.11 or newer; '$python' is $("$python" --version 2>&1)." >&2
    echo "Remedy: install one and say 'make run PYTHON=python3.12', for example." >&2
    exit 1
}
echo "Making the virtual environment in $venv ..."
if "$python" -c 'import ensurepip' 2>/dev/null; then
    exec "$python" -m venv --clear "$venv"
fi
if [ "$(id -u)" = 0 ]; then
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends python3-venv; } >&2 || true
    "$python" -c 'import ensurepip' 2>/dev/null && exec "$python" -m venv --clear "$venv"
fi
# Without root: Debian's pip wheel, unpacked beside us, installs itself.
"$python" -m venv --clear --without-pip "$venv"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if (cd "$scratch" && apt-get -qq download python3-pip-whl && dpkg -x python3-pip-whl_*.deb .) >&2; then
    wheel=$(ls "$scratch"/usr/share/python-wheels/pip-*.whl)
    "$venv/bin/python" "$wheel/pip" install -q --disable-pip-version-check --no-index "$wheel"
else
    rm -rf "$venv"
    echo "This Python has no ensurepip. Remedy: apt-get install python3-venv" >&2
    exit 1
fi
