#!/usr/bin/env bash
# Checks action.yml and the jobs in docs/ci.md: schemas, actionlint, ShellCheck; then runs the shell of the action against
# a server on loopback, with inputs as GitHub hands them over.
#
# usage: scripts/check-ci-templates.sh [--binary FILE]
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/tools.sh

usage() { echo "usage: scripts/check-ci-templates.sh [--binary FILE]" >&2; exit 2; }
crosscheck=${CROSSCHECK:-target/release/crosscheck}
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] && [ "$1" = --binary ] || usage
  crosscheck=$2
  shift 2
done
[ -x "$crosscheck" ] || cargo build --release --locked
crosscheck=$(realpath "$crosscheck")
unset CROSSCHECK CROSSCHECK_TARGET
python_tools
go_tool github.com/rhysd/actionlint/cmd/actionlint@v1.6.27
actionlint=$tool

work=$(mktemp -d)
server=
stop() { [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }; server=; }
trap 'stop; rm -rf "$work"' EXIT
fail() { echo "check-ci-templates: $*" >&2; exit 1; }

# A repository with the workflows, in which `uses: ./crosscheck` is this action.
project=$work/project
mkdir -p "$project/.git" "$project/.github/workflows" "$project/crosscheck" "$project/gitlab" "$work/shell"
cp action.yml "$project/crosscheck/"
"$tools/python" - "$project" "$work" <<'PY'
import pathlib, sys
from ruamel.yaml import YAML

project, work = map(pathlib.Path, sys.argv[1:])
yaml = YAML(typ="safe")
counts = {"workflow": 0, "gitlab": 0}
lines = pathlib.Path("docs/ci.md").read_text().splitlines()
for number, line in enumerate(lines):
    if line.strip() != "```yaml":
        continue
    kind = lines[number - 1].removeprefix("<!-- ").removesuffix(" -->")
    assert kind in counts, f"docs/ci.md:{number + 1}: no comment <!-- workflow --> or <!-- gitlab --> before the block"
    text = "\n".join(lines[number + 1 : lines.index("```", number)]) + "\n"
    folder = project / ".github/workflows" if kind == "workflow" else project / "gitlab"
    (folder / f"line-{number + 1}.yml").write_text(text)
    counts[kind] += 1
    if kind == "gitlab":
        for name, job in yaml.load(text).items():
            script = "\n".join(job.get("before_script", []) + job["script"])
            (work / f"shell/gitlab-{name}.sh").write_text(script + "\n")
assert counts["workflow"] >= 4 and counts["gitlab"] >= 1, counts

# The scripts of the action, and the environment that each gets.
action = yaml.load(pathlib.Path("action.yml").read_text())
for step in action["runs"]["steps"]:
    if "run" not in step:
        continue
    assert "${{" not in step["run"], f"{step['name']}: an expression in a script executes what an input contains"
    assert step["shell"] == "bash", step["name"]
    name = step.get("id", "build")
    (work / f"shell/{name}.sh").write_text(step["run"])
    lines = []
    for variable, value in step.get("env", {}).items():
        kind, _, rest = value.removeprefix("${{ ").removesuffix(" }}").partition(".")
        default = action["inputs"][rest]["default"] if kind == "inputs" else ""
        lines.append(f"{variable}\t{rest if kind == 'inputs' else ''}\t{default}")
    (work / f"shell/{name}.env").write_text("\n".join(lines) + "\n")
PY

echo "schemas"
schema() { "$tools/check-jsonschema" --builtin-schema "vendor.$1" "${@:2}" >"$work/out" || { cat "$work/out" >&2; fail "$1"; }; }
schema github-actions action.yml
schema github-workflows "$project"/.github/workflows/*.yml
schema gitlab-ci --data-transform gitlab-ci "$project"/gitlab/*.yml

echo "actionlint, with the inputs of the action, and ShellCheck"
(cd "$project" && PATH=$tools:$PATH "$actionlint" -color=false)
"$tools/shellcheck" --shell=bash "$work"/shell/*.sh

export GITHUB_ACTIONS=true RUNNER_TEMP=$work/temp GITHUB_OUTPUT=$work/output GITHUB_STEP_SUMMARY=$work/summary
# step NAME [INPUT=VALUE …]: runs a script of the action in $work/job as GitHub does. Variables in the environment stand
# for what is not an input.
step() {
  local name=$1 variable input default given code=0 environment=()
  shift
  while IFS=$'\t' read -r variable input default; do
    # What is not an input is in this script's environment.
    [ -n "$input" ] || continue
    for given in "$@"; do if [ "${given%%=*}" = "$input" ]; then default=${given#*=}; fi; done
    environment+=("$variable=$default")
  done <"$work/shell/$name.env"
  : >"$GITHUB_OUTPUT"
  : >"$GITHUB_STEP_SUMMARY"
  rm -rf "$work/job"
  mkdir "$work/job"
  (cd "$work/job" && env "${environment[@]}" bash --noprofile --norc -eo pipefail "$work/shell/$name.sh") \
    >"$work/out" 2>"$work/err" </dev/null || code=$?
  # shellcheck disable=SC2154 # set where this is called
  [ "$code" = "$expected" ] || { cat "$work/out" "$work/err" >&2; fail "$name ended with $code, expected $expected: $*"; }
}
output() { sed -n "s/^$1=//p" "$GITHUB_OUTPUT"; }

echo "the action finds the program"
export SOURCES=$PWD
expected=0 step find "binary=$crosscheck"
[ "$(output program)" = "$crosscheck" ] || fail "program: $(output program)"
expected=2 step find binary=/no/such/program
mkdir "$work/bin"
ln -s "$crosscheck" "$work/bin/crosscheck"
PATH=$work/bin:$PATH expected=0 step find
[ "$(output program)" = "$work/bin/crosscheck" ] || fail "program: $(output program)"
if ! command -v crosscheck >/dev/null; then
  expected=0 step find
  [[ $(output build) =~ ^[0-9a-f]{32}$ ]] || fail "no hash of the sources: $(cat "$GITHUB_OUTPUT")"
fi

echo "inputs become arguments, and nothing else"
cat >"$work/arguments" <<'SH'
#!/bin/sh
printf '<%s>\n' "$@"
SH
chmod +x "$work/arguments"
# shellcheck disable=SC2016 # not expanded: that is the point
PROGRAM=$work/arguments expected=0 step run 'target=http://a/$(touch executed);"`touch executed`' \
  $'allowed-origins=\n  https://a.example  \n\nhttps://*.b.example\n' 'allowed-methods=GET' $'allowed-headers=x-a\r\nx b' \
  expose-headers=ETag allow-credentials=true strict=true $'args=--rate=20\n--header=x: y z' $'tests=cache/**\n-odd' report-dir=a/b
diff "$work/out" - <<'OUT' || fail "other arguments"
<run>
<--report-dir=a/b>
<--target=http://a/$(touch executed);"`touch executed`>
<--allowed-origin=https://a.example>
<--allowed-origin=https://*.b.example>
<--allowed-method=GET>
<--allowed-header=x-a>
<--allowed-header=x b>
<--expose-header=ETag>
<--allow-credentials>
<--strict>
<--rate=20>
<--header=x: y z>
<-->
<cache/**>
<-odd>
OUT
[ ! -e "$work/job/executed" ] || fail "an input was executed"
PROGRAM=$work/arguments expected=0 step run
[ "$(cat "$work/out")" = $'<run>\n<--report-dir=reports>\n<-->' ] || fail "other arguments without inputs: $(cat "$work/out")"

# serve [--fault NAME]: sets `url` to an object of a reference store.
serve() {
  stop
  : >"$work/url"
  "$crosscheck" serve --listen 127.0.0.1:0 "$@" >"$work/url" 2>"$work/serve.err" &
  server=$!
  for _ in $(seq 100); do [ -s "$work/url" ] && break; sleep 0.1; done
  [ -s "$work/url" ] || { cat "$work/serve.err" >&2; fail "the reference store did not start"; }
  url=$(head -n 1 "$work/url")default/data.json
}
export PROGRAM=$crosscheck
tested=(allowed-origins=https://app.example $'allowed-methods=GET\nPUT' allow-credentials=true
  $'tests=promises/origins\norigin/denied')
reports() {
  [ "$(output report-dir)" = "$work/job/reports" ] || fail "report-dir: $(output report-dir)"
  for report in run.json junit.xml; do [ -s "$work/job/reports/$report" ] || fail "no $report"; done
  [ ! -e "$work/job/reports/run.sarif" ] || [ "$(output sarif)" = "$work/job/reports/run.sarif" ] || fail "sarif: $(output sarif)"
  [ ! -e "$work/job/reports/run.md" ] || [ -s "$GITHUB_STEP_SUMMARY" ] || fail "the job has no summary"
}

echo "a correct server passes"
serve
expected=0 step run "target=$url" "${tested[@]}"
[ "$(output exit-code)" = 0 ] || fail "exit-code: $(output exit-code)"
reports

echo "a server with a defect fails the job"
serve --fault reflect-any-origin
expected=1 step run "target=$url" "${tested[@]}"
[ "$(output exit-code)" = 1 ] || fail "exit-code: $(output exit-code)"
reports

echo "so does invalid input"
expected=2 step run target=nonsense
[ "$(output exit-code)" = 2 ] || fail "exit-code: $(output exit-code)"
echo "CI templates: all held"
