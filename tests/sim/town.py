"""A whole town in one process: registry, forge and git over HTTP, the real adapters, a clock that the test moves."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

from promoter.claims import Claims
from promoter.config import Configuration, load
from promoter.core.audit import Problem
from promoter.core.candidate import Digest
from promoter.core.eligibility import Eligibility
from promoter.core.evidence import Evidence
from promoter.core.history import History, Spot
from promoter.core.record import AnyEntry, Incident
from promoter.core.standing import Standing
from promoter.explain import Explanation, explain_release
from promoter.gather import Gatherer
from promoter.grants import Answers, nobody
from promoter.inspection import inspect_log
from promoter.journal import Journal
from promoter.local.forge.accounts import Kind, Role
from promoter.local.forge.person import Person
from promoter.local.forge.records import CheckState, PullRecord
from promoter.local.forge.repository import HostedRepository
from promoter.local.forge.store import CommitFacts, GitStore
from promoter.local.manifests import MANIFEST_TYPE
from promoter.local.pipeline import Recipe
from promoter.local.predicates import Weakness
from promoter.local.publisher import BUNDLE_TYPE
from promoter.local.world import AUTHOR, ENVIRONMENTS, World
from promoter.ports import Outside
from promoter.reconcile import Reconciler, Report
from promoter.wiring import Store, open_outside, open_store
from tests.sim.layout import GOOD, ONLY_SBOM, PINS, POLL, PROMOTER, SERVICE_FILE, SIGNED, Hands, Plan
from tests.sim.mint import PATH, SERVICE, Mint, found_source


class Town:
    """A running town with the bot in it; use it as a context manager."""

    def __init__(self, directory: Path, mint: Mint, plan: Plan) -> None:
        self.clock = Hands()
        self.mint = mint
        self.plan = plan
        self._directory = directory
        self._write_pins()
        self.world = World(directory / "world", directory / "environments", self.clock)
        self.store: Store
        self.outside: Outside
        self._reconciler: Reconciler

    def __enter__(self) -> Self:
        self.world.__enter__()
        found_source(self.world)
        self._write_config()
        self.configuration: Configuration = load(self.config, {})
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.store.ledger.close()
        self.world.__exit__(None, None, None)

    # --- the bot ------------------------------------------------------------------------------------------------------

    @property
    def config(self) -> Path:
        """The configuration directory."""
        return self._directory / "config"

    def forget(self, environment: str) -> None:
        """Take an environment out of the configuration, and start with that."""
        self.plan = replace(
            self.plan,
            environments=tuple(line for line in self.plan.environments if not line.startswith(f"{environment}:")),
        )
        shutil.rmtree(self.config)
        self._write_config()
        self.configuration = load(self.config, {})
        self.start()

    def start(self, wrap: Callable[[Outside], Outside] = lambda outside: outside) -> None:
        """Build the bot anew, as a new process would: only what is on disk is left of the one before."""
        if hasattr(self, "store"):
            self.store.ledger.close()
        self.store = open_store(self.configuration.promoter, self.config)
        opened = open_outside(self.configuration, self.config, self.store)
        self.outside = replace(opened, clock=self.clock)
        self.rewire(wrap)

    def rewire(self, wrap: Callable[[Outside], Outside] = lambda outside: outside, answers: Answers = nobody) -> None:
        """Give a new reconciler other ports, and others who answer for its rules; the store stays open."""
        wired = wrap(self.outside)
        journal = self.store.journal if wired.ledger is self.outside.ledger else Journal(wired.ledger)
        self._reconciler = Reconciler(wired, self.configuration, journal, answers=answers)

    def run(self, passes: int = 1, service: str = SERVICE) -> Report:
        """Reconcile, a poll later each time; gives the last report."""
        report = Report(service, ())
        for _ in range(passes):
            self.clock.move(POLL)
            report = self._reconciler.reconcile(service)
        return report

    def look(self, service: str = SERVICE) -> Report:
        """Look and plan only."""
        self.clock.move(POLL)
        return self._reconciler.reconcile(service, dry_run=True)

    def evidence(self, release: str, service: str = SERVICE) -> Evidence:
        """Gather a release's evidence as the bot does."""
        outside, candidate = self.outside, self.history(service).known[release].candidate
        gatherer = Gatherer(outside.registry, outside.signatures, outside.sources, outside.blobs)
        return gatherer.evidence(self.configuration.services[service], candidate, (), None)

    # --- what the bot knows -------------------------------------------------------------------------------------------

    def history(self, service: str = SERVICE) -> History:
        """Give what the ledger says of a service."""
        return self.store.journal.history(service)

    def entries(self, service: str = SERVICE) -> tuple[AnyEntry, ...]:
        """List a service's entries."""
        return tuple(entry for _, entry in self.store.journal.entries() if entry.service == service)

    def spot(self, environment: str, release: str, service: str = SERVICE) -> Spot:
        """Give a release's place in an environment."""
        history = self.history(service)
        found = history.spot(environment, history.known[release].candidate)
        assert found is not None, f"{release} never came to {environment}"
        return found

    def state(self, environment: str, release: str, service: str = SERVICE) -> tuple[Eligibility, Standing]:
        """Give a release's two facets in an environment."""
        spot = self.spot(environment, release, service)
        return spot.eligibility, spot.standing

    def explain(self, environment: str, release: str, service: str = SERVICE) -> Explanation:
        """Explain a release as `promoter explain` does."""
        configured = self.configuration.services[service]
        conditions = Claims(self.store.journal, self.configuration).conditions(configured, self.clock.now())
        return explain_release(self.store, configured, environment, release, conditions)

    def incidents(self, service: str = SERVICE) -> tuple[Incident, ...]:
        """List a service's incidents."""
        return self.history(service).incidents

    # --- releases -----------------------------------------------------------------------------------------------------

    def release(self, release: str, recipe: Recipe = GOOD, path: str = PATH) -> Digest:
        """Put a signed release into the registry, evidence first and its tag last; gives its digest."""
        digests = self.mint.make(release, recipe)
        self.mint.put(self.world.registry, path, digests)
        self.tag(release, digests[0], path)
        return digests[0]

    def tag(self, release: str, digest: Digest, path: str = PATH) -> None:
        """Point a tag at a manifest that the registry has."""
        manifest = self.world.registry.store.manifest(path, digest)
        assert manifest is not None
        self.world.registry.store.put_manifest(path, manifest.raw, manifest.media_type, release)

    def move_tag(self, release: str, path: str = PATH) -> Digest:
        """Push other content under a release's tag."""
        document = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "annotations": {"at": str(self.clock.now())}}
        return self.world.registry.push_manifest(path, json.dumps(document).encode(), release)

    def attest_sbom(self, release: str) -> None:
        """Attest an SBOM of a release that is there already."""
        self._attest(release, ONLY_SBOM)

    def sign(self, release: str) -> None:
        """Sign a release that is there already."""
        self._attest(release, SIGNED)

    def _attest(self, release: str, recipe: Recipe) -> None:
        digest = self._digest(release)
        self.mint.pipeline.attest(release, digest, self.mint.source(release), recipe)
        self.mint.put(self.world.registry, PATH, self.mint.referrers(digest))

    def scan(self, release: str, weaknesses: tuple[Weakness, ...]) -> None:
        """Attest a newer scan of a release."""
        digest = self._digest(release)
        self.mint.pipeline.scan(digest, weaknesses)
        self.mint.put(self.world.registry, PATH, self.mint.referrers(digest))

    def refer(self, release: str, content: bytes, media_type: str = BUNDLE_TYPE) -> None:
        """Push something that nobody signed as a referrer of a release."""
        store, image = self.world.registry.store, self.world.registry.pull(PATH, release)
        assert image is not None
        layer = {"mediaType": media_type, "digest": store.put_blob(PATH, content), "size": len(content)}
        empty = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": store.put_blob(PATH, b"{}"), "size": 2}
        subject = {"mediaType": image.media_type, "digest": image.digest, "size": len(image.raw)}
        document = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": media_type,
            "config": empty,
            "layers": [layer],
            "subject": subject,
        }
        store.put_manifest(PATH, json.dumps(document).encode(), MANIFEST_TYPE)

    def _digest(self, release: str) -> Digest:
        return self.history().known[release].candidate.digest

    # --- forge and git ------------------------------------------------------------------------------------------------

    @property
    def hosted(self) -> HostedRepository:
        """The environment repository as the forge has it."""
        return self.world.forge.hosted(ENVIRONMENTS)

    @property
    def git(self) -> GitStore:
        """The environment repository's git."""
        return self.hosted.git

    def pulls(self, environment: str = "", service: str = "") -> tuple[PullRecord, ...]:
        """List the pull requests, or those from one environment's or service's branch."""
        self.hosted.follow()
        return tuple(
            pull
            for pull in self.hosted.pulls.values()
            if environment in {"", pull.branch.split("/")[1]} and service in {"", pull.branch.split("/")[2]}
        )

    def pull(self, environment: str, service: str = "") -> PullRecord:
        """Give the one pull request of an environment."""
        (pull,) = self.pulls(environment, service)
        return pull

    def check(self, environment: str, head: str) -> tuple[CheckState, str] | None:
        """Give state and text of the bot's check on a commit; None where there is none."""
        found = {status.context: status for status in self.hosted.newest_statuses(head)}
        status = found.get(f"promoter/{environment}")
        return (status.state, status.description) if status else None

    def light(self, environment: str, head: str) -> CheckState | None:
        """Give the state of the bot's check on a commit; None where there is none."""
        check = self.check(environment, head)
        return check[0] if check else None

    def writes(self) -> int:
        """Count the requests that changed something at the forge."""
        return sum(exchange.method != "GET" for exchange in self.world.forge.exchanges())

    def person(self, login: str) -> Person:
        """Give somebody's hands at the forge."""
        return self.world.person(login)

    def reader(self) -> Person:
        """Give the hands of somebody who may only read."""
        token = self.world.forge.account("rita", role=Role.READ)
        return Person(self.world.forge.url, token, ENVIRONMENTS)

    def tag_source(self, tag: str, *, author: str = "") -> str:
        """Point a git tag of the service's source at a new commit, by an address that may be nobody's; gives it."""
        address = author or f"{AUTHOR}@acme.example"
        stamp = f"committer x <{address}> {int(self.clock.now().timestamp())} +0000"
        stream = f"commit refs/heads/other\n{stamp}\ndata 6\nother\nM 100644 inline OTHER\ndata 6\nother\n"
        self.git_of_source("fast-import", "--quiet", "--force", entered=stream)
        self.git_of_source("update-ref", f"refs/tags/{tag}", "refs/heads/other")
        return self.git_of_source("rev-parse", "refs/heads/other")

    def git_of_source(self, *words: str, entered: str = "") -> str:
        """Run git on the service's source repository; gives what it said."""
        command = ["git", "-C", str(self.world.directory / "forge" / "shop" / f"{SERVICE}.git"), *words]
        done = subprocess.run(command, input=entered.encode(), capture_output=True, check=True, timeout=60)
        return done.stdout.decode().strip()

    def other_bot(self) -> Person:
        """Give the hands of a machine account that is not the bot's."""
        token = self.world.forge.account("renovate", kind=Kind.BOT)
        return Person(self.world.forge.url, token, ENVIRONMENTS)

    def reopen(self, number: int, login: str) -> None:
        """Reopen a closed pull request, as its page lets people do."""
        self.person(login).reopen(number)

    def remove_branch(self, name: str) -> None:
        """Remove a branch as a person does by git."""
        subprocess.run(["git", "-C", str(self.git.path), "update-ref", "-d", f"refs/heads/{name}"], check=True)

    def approve(self, environment: str, *logins: str) -> PullRecord:
        """Approve the head of an environment's open pull request; gives it."""
        pull = next(pull for pull in self.pulls(environment) if pull.closed_at is None)
        for login in logins:
            self.person(login).approve(pull.number, pull.head)
        return pull

    def pins(self, environment: str, service: str = SERVICE, commit: str = "refs/heads/main") -> str:
        """Give the text of an environment's manifest at a commit."""
        name = f"{commit}:environments/{environment}/{service}/kustomization.yaml"
        command = ["git", "-C", str(self.git.path), "cat-file", "blob", name]
        return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()

    def commit(self, branch: str, environment: str, text: str, *, service: str = SERVICE, onto: str = "") -> str:
        """Commit a manifest's new text to a branch as a person does by git; gives the commit."""
        old = self.git.ref(f"refs/heads/{branch}") or self.git.ref(f"refs/heads/{onto}")
        path = f"environments/{environment}/{service}/kustomization.yaml"
        stamp = f"committer mia <mia@acme.example> {int(self.clock.now().timestamp())} +0000"
        data, message = text.encode(), "By hand\n"
        head = f"commit refs/heads/{branch}\n{stamp}\ndata {len(message)}\n{message}from {old}\n"
        stream = f"{head}M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"
        command = ["git", "-C", str(self.git.path), "fast-import", "--quiet"]
        subprocess.run(command, input=stream, check=True, timeout=60)
        return self.git.ref(f"refs/heads/{branch}")

    def audit(self) -> tuple[Problem, ...]:
        """Verify ledger and blobs against themselves and the checkpoints in the environment repository."""
        report = inspect_log(self.configuration, self.config, self.store, offline=False)
        return report.problems

    def commit_facts(self, oid: str) -> CommitFacts:
        """Give one commit of the environment repository."""
        facts = self.git.commit(oid)
        assert facts is not None
        return facts

    # --- founding -----------------------------------------------------------------------------------------------------

    def _write_pins(self) -> None:
        for environment in self.plan.names:
            for service, image in self.plan.services.items():
                folder = self._directory / "environments" / environment / service
                folder.mkdir(parents=True)
                text = PINS.format(service=service, environment=environment, image=image)
                (folder / "kustomization.yaml").write_text(text)

    def _write_config(self) -> None:
        variables = self.world.variables(self._directory / "state")
        text = PROMOTER.format(
            state=variables["PROMOTER_STATE"],
            poll=POLL.total_seconds(),
            registry=variables["PROMOTER_REGISTRY"],
            api=variables["PROMOTER_FORGE_API"],
            git=variables["PROMOTER_FORGE_GIT"],
            token_file=variables["PROMOTER_TOKEN_FILE"],
            root=self.mint.trusted_root,
        )
        environments = "".join(f"  {line}\n" for line in self.plan.environments)
        for folder in ("services", "policies"):
            (self.config / folder).mkdir(parents=True)
        (self.config / "promoter.yaml").write_text(f"roles: {self.plan.roles}\n{text}{environments}")
        for service, image in self.plan.services.items():
            (self.config / "services" / f"{service}.yaml").write_text(SERVICE_FILE.format(image=image, service=service))
        for environment in self.plan.names:
            (self.config / "policies" / f"{environment}.yaml").write_text(self.plan.policy)
