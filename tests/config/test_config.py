"""What a configuration directory means as a whole: several files, strangers, the graph, variables, policies."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promoter.config import load
from promoter.config_policies import read_policy
from promoter.core.checks import CHECKS
from promoter.core.checks.vulnerabilities import VulnerabilitiesParams
from promoter.core.environment import Environment, MergeMode
from promoter.strict_yaml import ConfigError
from tests.config.directory import Directory

NOT_READ = (
    "is not read; only promoter.yaml, environments.yaml, freezes.yaml, deny.yaml and *.yaml of services, policies, "
    "fragments, classes, exceptions, cases are"
)


def test_the_example_is_read_whole(config: Directory) -> None:
    found = config.load()
    assert found.graph == (
        Environment(name="dev", soak=timedelta(seconds=1), merge=MergeMode.AUTOMATIC),
        Environment(name="staging", after=("dev",), soak=timedelta(seconds=2), approvals=1),
        Environment(name="prod", after=("staging",), approvals=2),
    )
    assert sorted(found.services) == ["billing", "cart", "search"]
    paths = {name: [target.path for target in targets] for name, targets in found.services["cart"].targets.items()}
    assert paths == {name: [f"environments/{name}/cart/kustomization.yaml"] for name in ("dev", "staging", "prod")}
    assert [line.check for line in found.policies["prod"].require] == [
        "signature", "provenance", "sbom", "scan", "vulnerabilities",
    ]  # fmt: skip
    limits = found.policies["prod"].require[4].params
    assert isinstance(limits, VulnerabilitiesParams)
    assert (limits.limits.critical.fixable, limits.limits.critical.unknown) == (0, None)


def test_all_problems_of_all_files_are_reported_at_once(config: Directory) -> None:
    config.replace("promoter.yaml", "poll: 1s", "poll: fast\npol: 1s")
    config.replace("services/cart.yaml", "kind: kustomize", "kind: helm")
    config.replace("services/search.yaml", "image: ", "image:")
    config.write("services/other.yaml", "image: [")
    config.replace("policies/prod.yaml", "check: sbom", "check: sbon")
    config.replace("policies/prod.yaml", "signers: [scanning]", "signers: [scanner]")
    config.write("policies/dev.yaml", b"\xff")
    assert config.problems() == (
        "promoter.yaml:7: poll: must be a duration such as 30s, 10m, 2h or 7d (it is the text 'fast')",
        (
            "promoter.yaml:8: unknown key pol; did you mean poll? "
            "(allowed: bot, environments, forge, health, origin, poll, registries, roles, rules, state, trust)"
        ),
        (
            "services/cart.yaml:10: targets[0].kind: not 'helm' "
            "(allowed: flux-helm-release, flux-oci-repository, helm-values, kustomize, manifest)"
        ),
        "services/other.yaml:2: not YAML: did not find expected node content",
        (
            "services/search.yaml:3: not YAML: mapping values are not allowed in this context; indent all keys alike, "
            "and put quotes around text that holds a colon"
        ),
        "policies/dev.yaml:1: not UTF-8; save the file as UTF-8",
        (
            "policies/prod.yaml:25: require[2].check: not 'sbon'; did you mean sbom? "
            f"(allowed: {', '.join(sorted(CHECKS))})"
        ),
    )


def test_a_directory_that_is_not_there_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        load(tmp_path / "none", {})
    assert told.value.problems == (f"{tmp_path}/none: no such directory; name yours with --config or PROMOTER_CONFIG",)


def test_an_empty_directory_lacks_three_things(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        load(tmp_path, {})
    assert told.value.problems == (
        f"{tmp_path}/promoter.yaml: cannot be read: No such file or directory",
        f"{tmp_path}/services: holds no *.yaml file; write at least one",
        f"{tmp_path}/policies: holds no *.yaml file; write at least one",
    )


def test_empty_files_lack_what_they_must_hold(config: Directory) -> None:
    config.write("promoter.yaml", "")
    config.write("services/cart.yaml", "# soon\n")
    config.write("policies/dev.yaml", "")
    assert config.problems() == (
        (
            "promoter.yaml:1: forge is missing: the forge that holds the environment repository and the services' "
            "source repositories"
        ),
        "promoter.yaml:1: trust is missing: what signatures are verified with",
        "promoter.yaml:1: environments is missing: the promotion graph, here or in environments.yaml among the rules",
        (
            "services/cart.yaml:1: image is missing: the release repository with its registry's host, as it stands in "
            "manifests"
        ),
        "services/cart.yaml:1: source is missing: where its source stands",
        (
            "services/cart.yaml:1: releases is missing: which tags of the release repository are releases, and which "
            "is newer"
        ),
        "services/cart.yaml:1: targets is missing: where the pins stand in the environment repository",
        "policies/dev.yaml:1: require: enforces nothing; give at least one check of evidence the mode enforce",
    )


def test_a_policy_that_only_warns_is_refused(config: Directory) -> None:
    path = config.path / "policies" / "prod.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    signers: [", "    mode: warn\n    signers: ["), encoding="utf-8")
    assert config.problems() == (
        "policies/prod.yaml:15: require: enforces nothing; give at least one check of evidence the mode enforce",
    )


def test_a_policy_that_enforces_only_from_a_date_on_is_refused(config: Directory) -> None:
    path = config.path / "policies" / "prod.yaml"
    text = path.read_text(encoding="utf-8")
    dated = text.replace("    signers: [", "    effective_on: 2027-01-01\n    signers: [")
    path.write_text(dated, encoding="utf-8")
    assert config.problems() == (
        (
            "policies/prod.yaml:15: require: enforces nothing before a date that effective_on gives; enforce at least "
            "one check without one"
        ),
    )
    path.write_text(dated.replace("    effective_on: 2027-01-01\n", "", 1), encoding="utf-8")
    lines = config.load().policies["prod"].require
    assert [line.effective_on for line in lines] == [None, *[datetime(2027, 1, 1, tzinfo=UTC)] * 4]


def test_an_environment_without_a_policy_is_refused(config: Directory) -> None:
    (config.path / "policies" / "prod.yaml").unlink()
    assert config.problems() == ("policies: environment prod has no policy; write prod.yaml",)


def test_a_policy_without_its_environment_is_refused(config: Directory) -> None:
    (config.path / "policies" / "prod.yaml").rename(config.path / "policies" / "production.yaml")
    assert config.problems() == (
        (
            "policies/production.yaml: no environment 'production' (allowed: dev, prod, staging); "
            "rename or remove the file"
        ),
        "policies: environment prod has no policy; write prod.yaml",
    )


def test_files_that_nobody_reads_are_refused(config: Directory) -> None:
    for name in ("holds.yaml", "promoter.yml", "exception/cart.yaml", "polices/prod.yaml"):
        config.write(name, "{}")
    config.write("services/cart.yml", "{}")
    config.write("policies/prod.yaml~", "{}")
    assert config.problems() == (
        f"holds.yaml: {NOT_READ}",
        f"promoter.yml: {NOT_READ}",
        f"exception/cart.yaml: {NOT_READ}",
        f"polices/prod.yaml: {NOT_READ}",
        "services/cart.yml: is not read; only *.yaml files belong here",
        "policies/prod.yaml~: is not read; only *.yaml files belong here",
    )


def test_what_editors_and_mounted_volumes_leave_behind_is_passed_over(config: Directory) -> None:
    config.write("..2026_11_21/services/cart.yaml", "{}")
    config.write("services/.cart.yaml.swp", b"\xff")
    (config.path / "services" / ".#cart.yaml").symlink_to("nobody@nowhere")
    config.write("README.md", "# Ours\n")
    config.write("trust/trusted_root.json", "{}")
    assert sorted(config.load().services) == ["billing", "cart", "search"]


@pytest.mark.parametrize("name", ["Cart", "cart_web", "-cart", "cart-", "ca--rt", "c" * 64, "cart.v2"])
def test_a_service_is_called_by_a_plain_name(config: Directory, name: str) -> None:
    (config.path / "services" / "cart.yaml").rename(config.path / "services" / f"{name}.yaml")
    assert config.problems() == (
        (
            f"services/{name}.yaml: the file's name must be lower-case letters and digits, with single hyphens between "
            "them, at most 63; rename it"
        ),
    )


@pytest.mark.parametrize(
    "path",
    ["/etc/{environment}", "{environment}/../../x", "{environment}//x", "{environment}/.git/config",
     "{environment}/.GIT /config", "-{environment}", "{environment}\\x", "{environment}/x\u202e", "./{environment}"],
)  # fmt: skip
def test_a_path_out_of_the_repository_is_refused(config: Directory, path: str) -> None:
    config.replace("services/cart.yaml", "environments/{environment}/cart/kustomization.yaml", f"'{path}'")
    (problem,) = config.problems()
    assert problem.startswith("services/cart.yaml:9: targets[0].path: not a path of a file in the repository (")
    assert problem.endswith(repr(path))


@pytest.mark.parametrize(
    "url",
    ["http://registry.example", "ftp://x", "https://me:secret@registry.example", "registry.example", "https://x y",
     "http://127.0.0.1.evil.example", "http://localhost.evil.example", "https://x?q", "https://x#f"],
)  # fmt: skip
def test_an_address_without_transport_security_is_refused(config: Directory, url: str) -> None:
    demand = "must be an https:// URL without credentials (http:// only on loopback)"
    assert config.problems(PROMOTER_REGISTRY=url) == (
        f"promoter.yaml:15: registries.registry.acme.example.endpoint: {demand} (it is {url!r})",
    )


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000", "http://localhost", "http://[::1]:80", "https://x:1"])
def test_plain_http_is_for_this_machine_only(config: Directory, url: str) -> None:
    main = config.load(PROMOTER_REGISTRY=f"{url}/").promoter
    assert main.registries["registry.acme.example"].endpoint == url


@pytest.mark.parametrize("url", ["https://x:99999", "http://127.0.0.1:0", "https://x:y", "https://[::1"])
@pytest.mark.parametrize("name", ["PROMOTER_REGISTRY", "PROMOTER_FORGE_API", "PROMOTER_FORGE_GIT"])
def test_an_address_whose_port_cannot_be_is_refused(config: Directory, name: str, url: str) -> None:
    (problem,) = config.problems(**{name: url})
    assert problem.endswith(f": must be a URL whose host and port can be read (ports are 1 to 65535) (it is {url!r})")


def test_a_path_in_the_address_of_a_registry_is_refused(config: Directory) -> None:
    assert config.problems(PROMOTER_REGISTRY="https://x/v2") == (
        (
            "promoter.yaml:15: registries.registry.acme.example.endpoint: must be a URL without a path: registries "
            "answer at /v2/ of their host (it is 'https://x/v2')"
        ),
    )


def test_an_address_that_git_cannot_be_given_is_refused(config: Directory) -> None:
    (problem,) = config.problems(PROMOTER_FORGE_GIT="https://x/a%20b")
    assert problem.startswith("promoter.yaml:20: forge.git: does not lead to the environment repository: not the ")


def test_a_port_in_a_name_of_an_image_must_be_one(config: Directory) -> None:
    config.replace("services/cart.yaml", "image: registry.acme.example/", "image: registry.acme.example:99999/")
    assert config.problems() == (
        "services/cart.yaml:2: image: must be a host whose port is 1 to 65535 (it is 'registry.acme.example:99999')",
    )


def test_two_services_that_pin_one_image_in_one_file_are_refused(config: Directory) -> None:
    text = (config.path / "services" / "cart.yaml").read_text(encoding="utf-8")
    config.write("services/basket.yaml", text.replace("targets:", "environments: [prod]\ntargets:"))
    assert config.problems() == (
        (
            "services/cart.yaml: targets: basket pins registry.acme.example/shop/cart in "
            "environments/prod/cart/kustomization.yaml already; one service may have several targets, so merge the two "
            "or remove one"
        ),
    )


def test_a_service_may_leave_environments_out_and_then_needs_no_placeholder(config: Directory) -> None:
    config.replace("services/cart.yaml", "targets:", "environments: [dev]\ntargets:")
    config.replace("services/cart.yaml", "{environment}", "only")
    (target,) = config.load().services["cart"].targets["dev"]
    assert target.path == "environments/only/cart/kustomization.yaml"


def test_a_policy_is_read_again_from_what_is_kept_of_it(config: Directory) -> None:
    for policy in config.load().policies.values():
        again = read_policy(policy.body)
        assert (again, again.digest, again.body) == (policy, policy.digest, policy.body)


def test_a_policy_digest_changes_with_its_meaning_and_not_with_its_looks(config: Directory) -> None:
    before = config.load().policies["prod"]
    config.replace("policies/prod.yaml", "require:", "# reviewed\nrequire:")
    config.replace("policies/prod.yaml", "max_age: 7d", "max_age: 168h")
    assert config.load().policies["prod"].digest == before.digest
    config.replace("policies/prod.yaml", "max_age: 168h", "max_age: 6d")
    assert config.load().policies["prod"].digest != before.digest


def test_a_policy_without_keys_that_were_added_later_keeps_its_digest() -> None:
    before = (
        b'{"environment":"prod","require":[{"check":"provenance","deadline":"PT3600.000000S","mode":"enforce","params":{'
        b'"build_types":["https://actions.github.io/buildtypes/workflow/v1"],"builders":["https://builds.example"],'
        b'"parameters":[],"signers":["pipeline"],"workflow":".github/workflows/release.yml"}}],"signers":{"pipeline":{'
        b'"claims":{},"issuer":"https://issuer.example","san":"{source}/.github/workflows/release.yml@refs/tags/{tag}"'
        b"}}}"
    )
    kept = "sha256:023e6406e1247b70b931abdce3662670351cb01ce7f84240cd58f0460c26e9d9"
    later = json.loads(before)
    later["require"][0]["params"]["pinned_materials"] = True

    assert read_policy(before).digest == kept
    changed = read_policy(json.dumps(later).encode())
    assert changed.digest != kept
    assert read_policy(changed.body) == changed
