#!/bin/sh
# Installs the locked packages of file $2 into the virtual environment $1, and shows how far it is.
set -u
venv=$1 lock=$2
total=$(grep -c '^[a-z0-9].*==' "$lock")
log=$venv/install.log
show() {
    if [ -t 1 ]; then
        awk -v total="$total" '
            /^Collecting / { printf "\r\033[K  %d of %d  %s", ++n, total, $2; fflush() }
            /^Installing collected/ { printf "\r\033[K  unpacking %d packages", total; fflush() }
            END { printf "\r\033[K" }'
    else
        cat >/dev/null
    fi
}
echo "Installing the $total packages of $lock ..."
{
    "$venv/bin/pip" install --disable-pip-version-check --no-color --require-hashes -r "$lock" 2>&1
    echo $? >"$venv/install.status"
} | tee "$log" | show
[ "$(cat "$venv/install.status")" = 0 ] && exit 0
tail -n 6 "$log" | cut -c 1-300 >&2
echo "The packages could not be installed (all that pip said: $log)." >&2
echo "Remedy: check the network and pip's configuration, then say the same again." >&2
exit 1
