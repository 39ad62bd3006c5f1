"""The closed vocabulary of reasons: every failed or undecided finding and every refusal carries one of these.

A code is `subject.reason`; machines read it, people read the sentence and the remedy beside it.
"""

from enum import Enum


class Code(Enum):
    """Why something did not pass. Sections follow the flow: outside, bundle, statement, checks."""

    # outside: the world could not be asked (always undecided, retried with back-off)
    OUTSIDE_UNREACHABLE = "outside.unreachable"
    OUTSIDE_TIMEOUT = "outside.timeout"
    OUTSIDE_TOO_LARGE = "outside.too-large"
    OUTSIDE_UNAUTHORIZED = "outside.unauthorized"
    OUTSIDE_FORBIDDEN = "outside.forbidden"
    OUTSIDE_NOT_FOUND = "outside.not-found"
    OUTSIDE_RATE_LIMITED = "outside.rate-limited"
    OUTSIDE_SERVER_ERROR = "outside.server-error"
    OUTSIDE_BAD_ANSWER = "outside.bad-answer"
    OUTSIDE_DIGEST_MISMATCH = "outside.digest-mismatch"
    OUTSIDE_REDIRECT_REFUSED = "outside.redirect-refused"
    OUTSIDE_LIMIT = "outside.limit"
    OUTSIDE_CONFLICT = "outside.conflict"
    OUTSIDE_REFUSED = "outside.refused"

    # tag: a release is frozen, whatever its evidence says
    TAG_MOVED = "tag.moved"

    # image: what a release's tag names is nothing that can be released
    IMAGE_UNPARSEABLE = "image.unparseable"
    IMAGE_UNSUPPORTED = "image.unsupported"
    IMAGE_EMPTY_INDEX = "image.empty-index"
    IMAGE_NESTED_INDEX = "image.nested-index"

    # layout: how evidence is kept; content that is none for this policy
    LAYOUT_UNPARSEABLE = "layout.unparseable"
    LAYOUT_TOO_MANY_LAYERS = "layout.too-many-layers"
    LAYOUT_SEVERAL_LAYERS = "layout.several-layers"
    LAYOUT_WRONG_SUBJECT = "layout.wrong-subject"
    LAYOUT_TOO_LARGE = "layout.too-large"
    LAYOUT_UNSIGNED = "layout.unsigned"
    LAYOUT_NOT_ACCEPTED = "layout.not-accepted"
    LAYOUT_ATTACHMENT_UNSIGNED = "layout.attachment-unsigned"
    LAYOUT_ATTACHMENT_UNBOUND = "layout.attachment-unbound"
    LAYOUT_ATTACHMENT_UNPARSEABLE = "layout.attachment-unparseable"

    # bundle: a signature or attestation that does not verify, in whatever layout it is kept
    BUNDLE_UNPARSEABLE = "bundle.unparseable"
    BUNDLE_UNSUPPORTED = "bundle.unsupported"
    BUNDLE_TOO_LARGE = "bundle.too-large"
    BUNDLE_TOO_MANY_LOG_ENTRIES = "bundle.too-many-log-entries"
    BUNDLE_TOO_MANY_TIMESTAMPS = "bundle.too-many-timestamps"
    BUNDLE_SIGNATURE_COUNT = "bundle.signature-count"
    BUNDLE_SIGNATURE_INVALID = "bundle.signature-invalid"
    BUNDLE_KEY_UNKNOWN = "bundle.key-unknown"
    BUNDLE_KEY_UNSUPPORTED = "bundle.key-unsupported"
    BUNDLE_CERTIFICATE_UNTRUSTED = "bundle.certificate-untrusted"
    BUNDLE_CERTIFICATE_PROFILE = "bundle.certificate-profile"
    BUNDLE_CERTIFICATE_EXPIRED = "bundle.certificate-expired"
    BUNDLE_AUTHORITY_EXPIRED = "bundle.authority-expired"
    BUNDLE_CLAIMS_DISAGREE = "bundle.claims-disagree"
    BUNDLE_NO_IDENTITY = "bundle.no-identity"
    BUNDLE_SCT_MISSING = "bundle.sct-missing"
    BUNDLE_SCT_LOG_UNKNOWN = "bundle.sct-log-unknown"
    BUNDLE_SCT_INVALID = "bundle.sct-invalid"
    BUNDLE_LOG_INVALID = "bundle.log-invalid"
    BUNDLE_LOG_KIND_UNSUPPORTED = "bundle.log-kind-unsupported"
    BUNDLE_LOG_UNKNOWN = "bundle.log-unknown"
    BUNDLE_LOG_MISMATCH = "bundle.log-mismatch"
    BUNDLE_PROOF_MISSING = "bundle.proof-missing"
    BUNDLE_PROOF_INVALID = "bundle.proof-invalid"
    BUNDLE_CHECKPOINT_INVALID = "bundle.checkpoint-invalid"
    BUNDLE_PROMISE_INVALID = "bundle.promise-invalid"
    BUNDLE_TIME_INVALID = "bundle.time-invalid"
    BUNDLE_TIMESTAMP_INVALID = "bundle.timestamp-invalid"
    BUNDLE_TIMESTAMP_DUPLICATE = "bundle.timestamp-duplicate"
    BUNDLE_TIMESTAMP_MISMATCH = "bundle.timestamp-mismatch"
    BUNDLE_TIMESTAMP_UNTRUSTED = "bundle.timestamp-untrusted"
    BUNDLE_TRUST_ROOT_OUTSIDE_PERIOD = "bundle.trust-root-outside-period"
    BUNDLE_WRONG_DIGEST = "bundle.wrong-digest"
    BUNDLE_PAYLOAD_TYPE = "bundle.payload-type"

    # cosign: what is particular to a layer in one of cosign's own layouts
    COSIGN_LAYER_UNSUPPORTED = "cosign.layer-unsupported"
    COSIGN_LAYER_DAMAGED = "cosign.layer-damaged"
    COSIGN_ANNOTATION_INVALID = "cosign.annotation-invalid"
    COSIGN_ENVELOPE_UNPARSEABLE = "cosign.envelope-unparseable"
    COSIGN_PAYLOAD_UNPARSEABLE = "cosign.payload-unparseable"
    COSIGN_PAYLOAD_TYPE = "cosign.payload-type"
    COSIGN_DIGEST_SPELLING = "cosign.digest-spelling"
    COSIGN_WRONG_DIGEST = "cosign.wrong-digest"

    # signer: what a policy's rule says of a signer that it names, beyond who it is
    SIGNER_NOT_LOGGED = "signer.not-logged"
    SIGNER_TIME_UNKNOWN = "signer.time-unknown"
    SIGNER_OUTSIDE_PERIOD = "signer.outside-period"
    SIGNER_REVOKED = "signer.revoked"

    # statement: a verified envelope whose in-toto statement is unusable
    STATEMENT_UNPARSEABLE = "statement.unparseable"
    STATEMENT_WRONG_SUBJECT = "statement.wrong-subject"
    STATEMENT_TOO_MANY_SUBJECTS = "statement.too-many-subjects"

    # signature
    SIGNATURE_ABSENT = "signature.absent"
    SIGNATURE_FOREIGN_SIGNER = "signature.foreign-signer"
    SIGNATURE_INVALID = "signature.invalid"
    SIGNATURE_UNPARSEABLE = "signature.unparseable"
    SIGNATURE_TOO_FEW_SIGNERS = "signature.too-few-signers"

    # provenance
    PROVENANCE_ABSENT = "provenance.absent"
    PROVENANCE_FOREIGN_SIGNER = "provenance.foreign-signer"
    PROVENANCE_INVALID = "provenance.invalid"
    PROVENANCE_UNPARSEABLE = "provenance.unparseable"
    PROVENANCE_WRONG_REPOSITORY = "provenance.wrong-repository"
    PROVENANCE_WRONG_REF = "provenance.wrong-ref"
    PROVENANCE_WRONG_COMMIT = "provenance.wrong-commit"
    PROVENANCE_WRONG_BUILDER = "provenance.wrong-builder"
    PROVENANCE_WRONG_WORKFLOW = "provenance.wrong-workflow"
    PROVENANCE_WRONG_BUILD_TYPE = "provenance.wrong-build-type"
    PROVENANCE_UNKNOWN_PARAMETER = "provenance.unknown-parameter"
    PROVENANCE_MATERIAL_NOT_PINNED = "provenance.material-not-pinned"
    PROVENANCE_MATERIAL_NOT_ALLOWED = "provenance.material-not-allowed"
    PROVENANCE_BASE_IMAGE_NOT_ALLOWED = "provenance.base-image-not-allowed"
    PROVENANCE_LEVEL_TOO_LOW = "provenance.level-too-low"
    PROVENANCE_TRIGGER_NOT_ALLOWED = "provenance.trigger-not-allowed"
    PROVENANCE_CLAIM_NOT_CERTIFIED = "provenance.claim-not-certified"
    PROVENANCE_NO_SOURCE_TAG = "provenance.no-source-tag"
    PROVENANCE_SOURCE_UNKNOWN = "provenance.source-unknown"

    # mismatch approval: a written permission to release another commit than the tag's
    MISMATCH_APPROVAL_ABSENT = "mismatch-approval.absent"
    MISMATCH_APPROVAL_FOREIGN_SIGNER = "mismatch-approval.foreign-signer"
    MISMATCH_APPROVAL_INVALID = "mismatch-approval.invalid"
    MISMATCH_APPROVAL_UNPARSEABLE = "mismatch-approval.unparseable"
    MISMATCH_APPROVAL_WRONG = "mismatch-approval.wrong"
    MISMATCH_APPROVAL_EXPIRED = "mismatch-approval.expired"
    MISMATCH_APPROVAL_TOO_FEW = "mismatch-approval.too-few"

    # agreement
    AGREEMENT_OTHER_MECHANISM = "agreement.other-mechanism"

    # reproduced
    REPRODUCED_TOO_FEW_BUILDS = "reproduced.too-few-builds"

    # source review
    SOURCE_REVIEW_ABSENT = "source-review.absent"
    SOURCE_REVIEW_FOREIGN_SIGNER = "source-review.foreign-signer"
    SOURCE_REVIEW_INVALID = "source-review.invalid"
    SOURCE_REVIEW_UNPARSEABLE = "source-review.unparseable"
    SOURCE_REVIEW_WRONG_REPOSITORY = "source-review.wrong-repository"
    SOURCE_REVIEW_WRONG_COMMIT = "source-review.wrong-commit"
    SOURCE_REVIEW_WRONG_VERIFIER = "source-review.wrong-verifier"
    SOURCE_REVIEW_FAILED = "source-review.failed"
    SOURCE_REVIEW_LEVEL_TOO_LOW = "source-review.level-too-low"

    # sbom
    SBOM_ABSENT = "sbom.absent"
    SBOM_FOREIGN_SIGNER = "sbom.foreign-signer"
    SBOM_INVALID = "sbom.invalid"
    SBOM_UNPARSEABLE = "sbom.unparseable"
    SBOM_FORMAT_NOT_ALLOWED = "sbom.format-not-allowed"
    SBOM_TOO_FEW_COMPONENTS = "sbom.too-few-components"
    SBOM_TIE = "sbom.tie"
    SBOM_OTHER_BUILD = "sbom.other-build"
    SBOM_OTHER_ARTIFACT = "sbom.other-artifact"
    SBOM_PLATFORM_MISSING = "sbom.platform-missing"
    SBOM_GENERATOR_NOT_ALLOWED = "sbom.generator-not-allowed"

    # licences: what an SBOM says of them
    LICENCES_DENIED = "licences.denied"
    LICENCES_NOT_ALLOWED = "licences.not-allowed"
    LICENCES_UNKNOWN = "licences.unknown"

    # components: what an SBOM lists
    COMPONENTS_DENIED = "components.denied"
    COMPONENTS_VERSION_UNREADABLE = "components.version-unreadable"
    COMPONENTS_VERSION_MISSING = "components.version-missing"
    COMPONENTS_PURL_MISSING = "components.purl-missing"
    COMPONENTS_ECOSYSTEM_NOT_ALLOWED = "components.ecosystem-not-allowed"
    COMPONENTS_FOREIGN_SOURCE = "components.foreign-source"
    COMPONENTS_SOURCE_MISSING = "components.source-missing"
    COMPONENTS_SOURCE_UNKNOWN = "components.source-unknown"
    COMPONENTS_FACTS_ABSENT = "components.facts-absent"
    COMPONENTS_FACTS_UNPARSEABLE = "components.facts-unparseable"
    COMPONENTS_TOO_OLD = "components.too-old"
    COMPONENTS_AGE_UNKNOWN = "components.age-unknown"
    COMPONENTS_UNMAINTAINED = "components.unmaintained"
    COMPONENTS_MAINTENANCE_UNKNOWN = "components.maintenance-unknown"

    # scan
    SCAN_ABSENT = "scan.absent"
    SCAN_FOREIGN_SIGNER = "scan.foreign-signer"
    SCAN_INVALID = "scan.invalid"
    SCAN_UNPARSEABLE = "scan.unparseable"
    SCAN_STALE = "scan.stale"
    SCAN_FROM_THE_FUTURE = "scan.from-the-future"
    SCAN_NOTHING_ANALYSED = "scan.nothing-analysed"
    SCAN_DATABASE_AGE_UNKNOWN = "scan.database-age-unknown"
    SCAN_DATABASE_STALE = "scan.database-stale"
    SCAN_SCANNER_NOT_ALLOWED = "scan.scanner-not-allowed"
    SCAN_OTHER_BUILD = "scan.other-build"
    SCAN_SCANNER_MISSING = "scan.scanner-missing"
    SCAN_DISPLAY_ONLY = "scan.display-only"
    SCAN_OTHER_ARTIFACT = "scan.other-artifact"
    SCAN_PLATFORM_MISSING = "scan.platform-missing"
    SCAN_VERSION_NOT_ALLOWED = "scan.version-not-allowed"
    SCAN_END_OF_LIFE = "scan.end-of-life"

    # vulnerabilities
    VULNERABILITIES_OVER_LIMIT = "vulnerabilities.over-limit"
    VULNERABILITIES_FIXABILITY_UNKNOWN = "vulnerabilities.fixability-unknown"
    VULNERABILITIES_KNOWN_EXPLOITED = "vulnerabilities.known-exploited"
    VULNERABILITIES_EXPLOITATION_UNKNOWN = "vulnerabilities.exploitation-unknown"
    VULNERABILITIES_EPSS_TOO_HIGH = "vulnerabilities.epss-too-high"
    VULNERABILITIES_EPSS_UNKNOWN = "vulnerabilities.epss-unknown"
    VULNERABILITIES_EXPOSURE_UNKNOWN = "vulnerabilities.exposure-unknown"

    # tests: test results
    TESTS_ABSENT = "tests.absent"
    TESTS_FOREIGN_SIGNER = "tests.foreign-signer"
    TESTS_INVALID = "tests.invalid"
    TESTS_UNPARSEABLE = "tests.unparseable"
    TESTS_SUITE_ABSENT = "tests.suite-absent"
    TESTS_FAILED = "tests.failed"
    TESTS_WARNED = "tests.warned"
    TESTS_COVERAGE_TOO_LOW = "tests.coverage-too-low"
    TESTS_COVERAGE_UNKNOWN = "tests.coverage-unknown"
    TESTS_STALE = "tests.stale"
    TESTS_TIME_UNKNOWN = "tests.time-unknown"
    TESTS_TIE = "tests.tie"

    # sast: static analysis
    SAST_ABSENT = "sast.absent"
    SAST_FOREIGN_SIGNER = "sast.foreign-signer"
    SAST_INVALID = "sast.invalid"
    SAST_UNPARSEABLE = "sast.unparseable"
    SAST_TOOL_ABSENT = "sast.tool-absent"
    SAST_OVER_LIMIT = "sast.over-limit"
    SAST_WRONG_COMMIT = "sast.wrong-commit"
    SAST_SOURCE_UNKNOWN = "sast.source-unknown"
    SAST_NOTHING_ANALYSED = "sast.nothing-analysed"
    SAST_RUN_FAILED = "sast.run-failed"
    SAST_TIE = "sast.tie"

    # review: licence reviews, approvals, policy results, deployment verifications
    REVIEW_ABSENT = "review.absent"
    REVIEW_FOREIGN_SIGNER = "review.foreign-signer"
    REVIEW_INVALID = "review.invalid"
    REVIEW_UNPARSEABLE = "review.unparseable"
    REVIEW_NEGATIVE = "review.negative"
    REVIEW_WRONG_ENVIRONMENT = "review.wrong-environment"
    REVIEW_WRONG_POLICY = "review.wrong-policy"
    REVIEW_STALE = "review.stale"
    REVIEW_EXPIRED = "review.expired"
    REVIEW_FROM_THE_FUTURE = "review.from-the-future"
    REVIEW_TOO_FEW_SIGNERS = "review.too-few-signers"
    REVIEW_TIE = "review.tie"

    # vsa: verification summaries
    VSA_ABSENT = "vsa.absent"
    VSA_FOREIGN_SIGNER = "vsa.foreign-signer"
    VSA_INVALID = "vsa.invalid"
    VSA_UNPARSEABLE = "vsa.unparseable"
    VSA_WRONG_VERIFIER = "vsa.wrong-verifier"
    VSA_WRONG_RESOURCE = "vsa.wrong-resource"
    VSA_WRONG_POLICY = "vsa.wrong-policy"
    VSA_FAILED = "vsa.failed"
    VSA_LEVEL_TOO_LOW = "vsa.level-too-low"
    VSA_STALE = "vsa.stale"
    VSA_TIME_UNKNOWN = "vsa.time-unknown"
    VSA_FROM_THE_FUTURE = "vsa.from-the-future"
    VSA_TIE = "vsa.tie"

    # steps: in-toto links
    STEPS_ABSENT = "steps.absent"
    STEPS_FOREIGN_SIGNER = "steps.foreign-signer"
    STEPS_INVALID = "steps.invalid"
    STEPS_UNPARSEABLE = "steps.unparseable"
    STEPS_NOT_CHAINED = "steps.not-chained"
    STEPS_MATERIAL_CHANGED = "steps.material-changed"
    STEPS_ARTIFACT_NOT_PRODUCED = "steps.artifact-not-produced"

    # release: release attestations
    RELEASE_ABSENT = "release.absent"
    RELEASE_FOREIGN_SIGNER = "release.foreign-signer"
    RELEASE_INVALID = "release.invalid"
    RELEASE_UNPARSEABLE = "release.unparseable"
    RELEASE_WRONG_PACKAGE = "release.wrong-package"
    RELEASE_WRONG_VERSION = "release.wrong-version"

    # scai: attribute reports
    SCAI_ABSENT = "scai.absent"
    SCAI_FOREIGN_SIGNER = "scai.foreign-signer"
    SCAI_INVALID = "scai.invalid"
    SCAI_UNPARSEABLE = "scai.unparseable"
    SCAI_ATTRIBUTE_ABSENT = "scai.attribute-absent"
    SCAI_WRONG_EVIDENCE = "scai.wrong-evidence"
    SCAI_CONDITIONAL = "scai.conditional"

    # attestation: a type that only the policy knows
    ATTESTATION_ABSENT = "attestation.absent"
    ATTESTATION_FOREIGN_SIGNER = "attestation.foreign-signer"
    ATTESTATION_INVALID = "attestation.invalid"
    ATTESTATION_UNPARSEABLE = "attestation.unparseable"
    ATTESTATION_UNEQUAL = "attestation.unequal"
    ATTESTATION_STALE = "attestation.stale"
    ATTESTATION_TIME_UNKNOWN = "attestation.time-unknown"
    ATTESTATION_TIE = "attestation.tie"

    # expression: a condition of the policy's own
    EXPRESSION_FALSE = "expression.false"
    EXPRESSION_WITHOUT_ANSWER = "expression.without-answer"
    EXPRESSION_NOT_EVALUATED = "expression.not-evaluated"
    EXPRESSION_FACTS_TOO_LARGE = "expression.facts-too-large"
    EXPRESSION_SOURCE_UNKNOWN = "expression.source-unknown"

    # trust: what signatures are verified with
    TRUST_ROOT_TOO_OLD = "trust.root-too-old"

    # vex: a document that takes no vulnerability away
    VEX_FOREIGN_SIGNER = "vex.foreign-signer"
    VEX_INVALID = "vex.invalid"
    VEX_UNPARSEABLE = "vex.unparseable"
    VEX_FROM_THE_FUTURE = "vex.from-the-future"
    VEX_TIE = "vex.tie"

    # denied: something that the release rests on was withdrawn
    DENIED_DIGEST = "denied.digest"
    DENIED_COMMIT = "denied.commit"
    DENIED_SIGNER = "denied.signer"
    DENIED_COMPONENT = "denied.component"
    DENIED_UNKNOWN = "denied.unknown"

    # platform: of an image index
    PLATFORM_ABSENT = "platform.absent"

    # artifact: its manifest and where it comes from
    ARTIFACT_UNRESOLVED = "artifact.unresolved"
    ARTIFACT_REPOSITORY_UNKNOWN = "artifact.repository-unknown"
    ARTIFACT_REPOSITORY_NOT_ALLOWED = "artifact.repository-not-allowed"

    # order: no way back by accident
    ORDER_UNKNOWN = "order.unknown"
    ORDER_DOWNGRADE = "order.downgrade"

    # age: of the artifact, by the signed time of its build
    AGE_UNKNOWN = "age.unknown"
    AGE_TOO_OLD = "age.too-old"

    # source branch: where the release's commit is
    SOURCE_BRANCH_UNKNOWN = "source-branch.unknown"
    SOURCE_BRANCH_NOT_REACHABLE = "source-branch.not-reachable"

    # approval: reviews of the proposal's head
    APPROVAL_UNKNOWN = "approval.unknown"
    APPROVAL_TOO_FEW = "approval.too-few"

    # ticket: named in an approving review
    TICKET_UNKNOWN = "ticket.unknown"
    TICKET_ABSENT = "ticket.absent"
    TICKET_WRONG = "ticket.wrong"

    # rules: those that judge
    RULES_UNKNOWN = "rules.unknown"
    RULES_NOT_ACTIVE = "rules.not-active"

    # log: the ledger and what was anchored of it
    LOG_UNKNOWN = "log.unknown"
    LOG_INCONSISTENT = "log.inconsistent"

    # hands: one identity in two roles for one promotion
    HANDS_SAME = "hands.same"

    # exception: one that names a finding's code and does not count, or is not known to
    EXCEPTION_NOT_YET = "exception.not-yet"
    EXCEPTION_EXPIRED = "exception.expired"
    EXCEPTION_REVOKED = "exception.revoked"
    EXCEPTION_NOT_APPROVED = "exception.not-approved"
    EXCEPTION_NOT_SIGNED = "exception.not-signed"
    EXCEPTION_NOT_ALLOWED = "exception.not-allowed"
    EXCEPTION_OTHER_SCOPE = "exception.other-scope"
    EXCEPTION_SEVERITY_WORSE = "exception.severity-worse"
    EXCEPTION_FOREIGN_SIGNER = "exception.foreign-signer"
    EXCEPTION_INVALID = "exception.invalid"
    EXCEPTION_UNPARSEABLE = "exception.unparseable"
    EXCEPTION_UNKNOWN = "exception.unknown"

    # gate: a condition of time or order that is not met yet
    GATE_UPSTREAM = "gate.upstream"
    GATE_SOAK = "gate.soak"
    GATE_ROLLED_BACK = "gate.rolled-back"
    GATE_FREEZE = "gate.freeze"
    GATE_HOLD = "gate.hold"
    GATE_SLOT = "gate.slot"
    GATE_MANUAL = "gate.manual"
    GATE_HEALTH = "gate.health"

    # lookup: evidence could not be fetched
    LOOKUP_FAILED = "lookup.failed"

    # edit: a pin that cannot be read or written exactly
    EDIT_UNPARSEABLE = "edit.unparseable"
    EDIT_TOO_LARGE = "edit.too-large"
    EDIT_TOO_DEEP = "edit.too-deep"
    EDIT_NOT_FOUND = "edit.not-found"
    EDIT_AMBIGUOUS = "edit.ambiguous"
    EDIT_IMAGE_MISMATCH = "edit.image-mismatch"
    EDIT_ALIAS = "edit.alias"
    EDIT_ANCHOR = "edit.anchor"
    EDIT_SHARED = "edit.shared"
    EDIT_TAGGED = "edit.tagged"
    EDIT_BLOCK_SCALAR = "edit.block-scalar"
    EDIT_MULTI_LINE = "edit.multi-line"
    EDIT_DUPLICATE_KEY = "edit.duplicate-key"
    EDIT_MERGE_KEY = "edit.merge-key"
    EDIT_NOT_A_SCALAR = "edit.not-a-scalar"
    EDIT_NOT_A_PIN = "edit.not-a-pin"
    EDIT_NOT_A_TAG = "edit.not-a-tag"
    EDIT_NOT_EXACT = "edit.not-exact"
