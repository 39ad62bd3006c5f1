"""What every code means, where it typically comes from, and what to do: docs/findings.md is made from this.

A table and nothing else, which is why it is long. The sentence and remedy beside a code in a finding are about the case
at hand and say more; a test holds that no code is without its row.
"""

from collections.abc import Mapping
from types import MappingProxyType

from promoter.core.codes import Code
from promoter.core.term import OPERATOR, TEAM, Term
from promoter.core.terms_circumstances import TERMS as _CIRCUMSTANCES
from promoter.core.terms_components import TERMS as _COMPONENTS
from promoter.core.terms_denials import TERMS as _DENIALS
from promoter.core.terms_exceptions import TERMS as _EXCEPTIONS
from promoter.core.terms_expression import TERMS as _EXPRESSION
from promoter.core.terms_gates import TERMS as _GATES

__all__ = ["VOCABULARY", "Term", "is_passing"]


_PASSING = ("outside.", "lookup.", "trust.")


def is_passing(code: Code) -> bool:
    """Tell whether what the code says may pass without anybody's doing: it is asked again, with back-off."""
    unknown = {Code.PROVENANCE_SOURCE_UNKNOWN, Code.SAST_SOURCE_UNKNOWN, Code.EXCEPTION_UNKNOWN}
    return code.value.startswith(_PASSING) or code in unknown


_OUTSIDE = {
    Code.OUTSIDE_UNREACHABLE: Term(
        "No connection could be made, or it was closed before an answer.",
        "The other side is down, its name does not resolve, a firewall is in between, or TLS is not trusted.",
        f"{OPERATOR}reach the address in the detail from the bot's machine; add a private authority to its trust.",
    ),
    Code.OUTSIDE_TIMEOUT: Term(
        "The answer did not end within the time that a call has.",
        "The other side is overloaded, or something on the way holds connections open.",
        f"{OPERATOR}nothing, if it passes; else look at the other side's load.",
    ),
    Code.OUTSIDE_TOO_LARGE: Term(
        "The answer is larger than is ever read of its kind.",
        "A manifest, list or file of an unusual size, or somebody who wants to exhaust the bot.",
        f"{TEAM}make the artifact smaller; the cap stands in the detail.",
    ),
    Code.OUTSIDE_UNAUTHORIZED: Term(
        "The credential was refused.",
        "A token has ended, was withdrawn, or belongs to another host.",
        f"{OPERATOR}renew the credential of the host in the detail.",
    ),
    Code.OUTSIDE_FORBIDDEN: Term(
        "The credential is known and may not do this.",
        "A missing permission of the bot's account or token.",
        f"{OPERATOR}grant the account what docs/configuration.md lists.",
    ),
    Code.OUTSIDE_NOT_FOUND: Term(
        "What was asked for is not there.",
        "A wrong name in the configuration, something deleted, or a credential that may not see it.",
        f"{OPERATOR}correct the name, or restore what was deleted.",
    ),
    Code.OUTSIDE_RATE_LIMITED: Term(
        "The other side asks for a pause.",
        "More requests than the account may make; the pause it names is kept.",
        f"{OPERATOR}nothing, if it passes; else poll less often or raise the limit.",
    ),
    Code.OUTSIDE_SERVER_ERROR: Term(
        "The other side failed while it answered.",
        "An outage or a deployment over there.",
        f"{OPERATOR}nothing, if it passes; else look at the other side's status page.",
    ),
    Code.OUTSIDE_BAD_ANSWER: Term(
        "The answer is truncated, garbled or of another shape than its specification says.",
        "A proxy or sign-in page in between, or a server with a defect.",
        f"{OPERATOR}ask the address in the detail by hand and see what answers.",
    ),
    Code.OUTSIDE_DIGEST_MISMATCH: Term(
        "The bytes do not have the digest under which they were asked for.",
        "A damaged or lying registry or mirror.",
        f"{OPERATOR}treat the registry as damaged until it is understood; nothing was taken from the answer.",
    ),
    Code.OUTSIDE_REDIRECT_REFUSED: Term(
        "The answer points to another address to which the bot does not go.",
        "A moved repository, a proxy, or plain HTTP outside of this machine.",
        f"{OPERATOR}configure the address where it is now.",
    ),
    Code.OUTSIDE_LIMIT: Term(
        "There is more of it than is ever read: pages, referrers, reviews, or characters of a text.",
        "A tag or digest with a very long history, or a list that never ends.",
        f"{OPERATOR}delete what nobody needs any more.",
    ),
    Code.OUTSIDE_CONFLICT: Term(
        "Something changed between looking and acting, so nothing was done.",
        "A person or another process was quicker.",
        f"{OPERATOR}nothing: the next look starts from what is there now.",
    ),
    Code.OUTSIDE_REFUSED: Term(
        "The request was refused as it stands.",
        "An account or repository setting, or a value that the other side does not take.",
        f"{OPERATOR}read the detail: it names the request.",
    ),
    Code.LOOKUP_FAILED: Term(
        "Evidence could not be fetched, so the check is undecided and never a failure.",
        "One of the codes under `outside`, which stands in the sentence.",
        f"{OPERATOR}see that code; the look-up is repeated.",
    ),
    Code.TRUST_ROOT_TOO_OLD: Term(
        "The trusted root was not refreshed for longer than the configuration allows, so nothing is verified with it.",
        "The TUF repository cannot be reached or does not verify; or nobody has renewed the file for too long.",
        f"{OPERATOR}`promoter trust check` says what is wrong, `promoter trust update` fetches the root now.",
    ),
}

_RELEASE = {
    Code.TAG_MOVED: Term(
        "The release's tag names other bytes than when it was first seen; the release is frozen everywhere.",
        "A tag that was pushed again, by mistake or by an attacker.",
        f"{OPERATOR}find out who moved it, then `promoter release`; or cut a new release.",
    ),
    Code.IMAGE_UNPARSEABLE: Term(
        "What the release's tag names is no manifest, so it is no release.",
        "A damaged upload, or bytes that two readers would understand differently.",
        f"{TEAM}push the release again with a current tool, under a new tag.",
    ),
    Code.IMAGE_UNSUPPORTED: Term(
        "What the release's tag names is a manifest of another schema than 2.",
        "A very old client or registry, which still writes schema 1.",
        f"{TEAM}push the release with a current tool, under a new tag.",
    ),
    Code.IMAGE_EMPTY_INDEX: Term(
        "The release's tag names an image index in which there is no image.",
        "A build that published its index before its images, or one that holds attestations alone.",
        f"{TEAM}push the index with its images, under a new tag.",
    ),
    Code.IMAGE_NESTED_INDEX: Term(
        "The release's tag names an image index that lists another index, which hides for which platforms it is.",
        "Two indexes that were joined without taking the inner one apart.",
        f"{TEAM}push one index that lists the image of each platform itself, under a new tag.",
    ),
}

_LAYOUT = {
    Code.LAYOUT_UNPARSEABLE: Term(
        "A manifest that is said to carry evidence is no OCI manifest, so nothing in it was looked at.",
        "A damaged upload, or somebody who pushed other bytes under one of cosign's tags.",
        f"{TEAM}delete the manifest in the sentence, and attest again.",
    ),
    Code.LAYOUT_TOO_MANY_LAYERS: Term(
        "A manifest carries more pieces of evidence than are looked at.",
        "A signing job that adds a signature at every run, or somebody who wants to exhaust the bot.",
        f"{TEAM}delete the signature tag in the sentence, and sign once.",
    ),
    Code.LAYOUT_SEVERAL_LAYERS: Term(
        "A manifest in the bundle layout has more than the one layer that it may have.",
        "A tool that does not follow the layout; which of the layers counts is not said anywhere.",
        f"{TEAM}attest with a current tool, one manifest for each bundle.",
    ),
    Code.LAYOUT_WRONG_SUBJECT: Term(
        "A manifest is listed as a referrer of the digest and refers to another.",
        "A registry with a defect, or a fallback tag that somebody wrote by hand.",
        f"{OPERATOR}look at the manifest in the sentence.",
    ),
    Code.LAYOUT_TOO_LARGE: Term(
        "A piece of evidence is larger than is ever read.",
        "An SBOM or a report of an unusual size, or somebody who wants to exhaust the bot.",
        f"{TEAM}attest a smaller document; the cap stands in the detail.",
    ),
    Code.LAYOUT_UNSIGNED: Term(
        "There is content about the image that nobody signed; it can be read and is no evidence.",
        "BuildKit's own attestations inside an image index, or a document that was attached and not attested.",
        f"{TEAM}attest it with an accepted identity.",
    ),
    Code.LAYOUT_NOT_ACCEPTED: Term(
        "There is evidence in a layout that the environment's policy does not accept.",
        "Signing with a tool of another version: cosign 2 writes tags, cosign 3 writes bundles.",
        f"{TEAM}sign in an accepted layout. Security team: add the layout to the policy's `layouts`, if it is right.",
    ),
    Code.LAYOUT_ATTACHMENT_UNSIGNED: Term(
        "There is a document that refers to the image, and no signature over that document's own manifest.",
        "An SBOM that was pushed with `oras attach` or `cosign attach sbom` and not signed.",
        f"{TEAM}sign the attachment's digest, or better attest the document.",
    ),
    Code.LAYOUT_ATTACHMENT_UNBOUND: Term(
        "A signed document stands under the image's .sbom tag, and nothing signed says that it is about this image.",
        "The tag layout names the image by a tag alone, which anybody who may push can write.",
        f"{TEAM}push the document with the image as its subject, or attest it.",
    ),
    Code.LAYOUT_ATTACHMENT_UNPARSEABLE: Term(
        "A signed document cannot be read as JSON, strictly.",
        "A document in another format than its media type says.",
        f"{TEAM}attach the document as JSON.",
    ),
}

_BUNDLE = {
    Code.BUNDLE_UNPARSEABLE: Term(
        "A signature bundle is not what its specification says, so it was not verified.",
        "A damaged upload, or a tool of a newer or older format.",
        f"{TEAM}sign again with a current cosign or sigstore client.",
    ),
    Code.BUNDLE_UNSUPPORTED: Term(
        "A referrer carries something that is not a Sigstore bundle, or a version of it that is not read.",
        "An unsigned attachment, such as an SBOM that was attached without a signature.",
        f"{TEAM}attest it instead of attaching it.",
    ),
    Code.BUNDLE_TOO_LARGE: Term(
        "A signature or attestation, with everything in it, is larger than is read.",
        "An SBOM or report of an unusual size.",
        f"{TEAM}make the document smaller; the cap stands in the sentence.",
    ),
    Code.BUNDLE_TOO_MANY_LOG_ENTRIES: Term(
        "A bundle brings more transparency log entries than are verified.",
        "Somebody who wants to exhaust the bot; signers make one entry.",
        f"{TEAM}sign again; ask who made this bundle.",
    ),
    Code.BUNDLE_TOO_MANY_TIMESTAMPS: Term(
        "A bundle brings more timestamps than are verified.",
        "Somebody who wants to exhaust the bot; signers ask a few authorities.",
        f"{TEAM}sign again; ask who made this bundle.",
    ),
    Code.BUNDLE_SIGNATURE_COUNT: Term(
        "An envelope has no signature, or more than one.",
        "A tool that collects signatures in one envelope.",
        f"{TEAM}let every signer attest by itself, with an envelope of its own.",
    ),
    Code.BUNDLE_SIGNATURE_INVALID: Term(
        "The signature does not verify over its content.",
        "Content or signature was changed after signing.",
        f"{TEAM}sign again; ask who changed it.",
    ),
    Code.BUNDLE_KEY_UNKNOWN: Term(
        "It is signed with a key, and with none that a policy names.",
        "A key that was rotated before the policies were told, or somebody else's key.",
        f"{TEAM}sign with a key that the policy names. {OPERATOR}name this one in its signers, if it is right.",
    ),
    Code.BUNDLE_KEY_UNSUPPORTED: Term(
        "The certificate is for a key of a kind or strength that is not accepted.",
        "An unusual signing tool.",
        f"{TEAM}sign with an ECDSA P-256 key, which every Sigstore client makes.",
    ),
    Code.BUNDLE_CERTIFICATE_UNTRUSTED: Term(
        "The signer's certificate does not lead to an authority of the trusted root.",
        "Signed against another Sigstore instance, or a trusted root that is out of date.",
        f"{TEAM}sign against the company's instance. {OPERATOR}renew the trusted root.",
    ),
    Code.BUNDLE_CERTIFICATE_PROFILE: Term(
        "The certificate is not one for signing: that of an authority, or for another use.",
        "An authority that is not Fulcio, or is set up differently.",
        f"{OPERATOR}ask whoever runs the authority.",
    ),
    Code.BUNDLE_CERTIFICATE_EXPIRED: Term(
        "The certificate was not valid at the proven time of signing.",
        "A signing step that took longer than the certificate lives, or a forged time.",
        f"{TEAM}sign again.",
    ),
    Code.BUNDLE_AUTHORITY_EXPIRED: Term(
        "A certificate above the signer's was not valid at the proven time of signing.",
        "An authority that went on issuing after its own certificate, or its root's, had ended.",
        f"{OPERATOR}ask whoever runs the authority to renew its chain. {TEAM}sign again then.",
    ),
    Code.BUNDLE_CLAIMS_DISAGREE: Term(
        "The certificate says the same thing in two places, and differently.",
        "An authority with a defect, or a forged certificate.",
        f"{OPERATOR}ask whoever runs the authority; do not accept the signature.",
    ),
    Code.BUNDLE_NO_IDENTITY: Term(
        "The certificate names no identity, or more than one.",
        "An authority that is not Fulcio, or is set up differently.",
        f"{OPERATOR}ask whoever runs the authority.",
    ),
    Code.BUNDLE_SCT_MISSING: Term(
        "The certificate carries no proof that it was logged.",
        "An authority that does not log what it issues, though the trusted root names a log for it.",
        f"{OPERATOR}ask whoever runs the authority, or use a trusted root without certificate logs for it.",
    ),
    Code.BUNDLE_SCT_LOG_UNKNOWN: Term(
        "The certificate was logged in a certificate log that the trusted root does not name.",
        "A trusted root that is out of date.",
        f"{OPERATOR}renew the trusted root.",
    ),
    Code.BUNDLE_SCT_INVALID: Term(
        "The proof that the certificate was logged does not verify.",
        "A forged certificate, or a log with a defect.",
        f"{OPERATOR}ask whoever runs the authority; do not accept the signature.",
    ),
    Code.BUNDLE_LOG_INVALID: Term(
        "A transparency log entry cannot be read, or contradicts itself.",
        "A damaged upload, or an entry that was put together by hand.",
        f"{TEAM}sign again.",
    ),
    Code.BUNDLE_LOG_KIND_UNSUPPORTED: Term(
        "The log entry is of a kind that is not verified, or that does not name the signature.",
        "An unusual signing tool.",
        f"{TEAM}sign with a current cosign or sigstore client.",
    ),
    Code.BUNDLE_LOG_UNKNOWN: Term(
        "The transparency log of the entry is not in the trusted root.",
        "A new log, and a trusted root that is out of date; or another Sigstore instance.",
        f"{OPERATOR}renew the trusted root.",
    ),
    Code.BUNDLE_LOG_MISMATCH: Term(
        "The log entry is genuine and about another signature, content, certificate or key.",
        "An entry that was copied from another signature.",
        f"{TEAM}sign again; ask who put the entry there.",
    ),
    Code.BUNDLE_PROOF_MISSING: Term(
        "The log entry brings no proof that it is in the log.",
        "A bundle from which the proof was removed, or a tool of an older format.",
        f"{TEAM}sign again with a current cosign or sigstore client.",
    ),
    Code.BUNDLE_PROOF_INVALID: Term(
        "The proof that the entry is in the log does not verify.",
        "A changed entry or proof, or a log that was rewritten.",
        f"{TEAM}sign again. {OPERATOR}look at the log if it happens again.",
    ),
    Code.BUNDLE_CHECKPOINT_INVALID: Term(
        "The log's checkpoint is not signed by the log, or is about another tree.",
        "A forged tree, or a checkpoint that was put together by hand.",
        f"{TEAM}sign again; ask who made this bundle.",
    ),
    Code.BUNDLE_PROMISE_INVALID: Term(
        "The log's promise (signed entry timestamp) does not verify, or has no time.",
        "An edited time, index or entry.",
        f"{TEAM}sign again; ask who changed it.",
    ),
    Code.BUNDLE_TIME_INVALID: Term(
        "A certificate was used, and nobody vouches for the time.",
        "A missing timestamp or log promise.",
        f"{TEAM}sign with a timestamp authority or a log of the trusted root.",
    ),
    Code.BUNDLE_TIMESTAMP_INVALID: Term(
        "A timestamp is not what its specification says.",
        "A damaged upload.",
        f"{TEAM}sign again.",
    ),
    Code.BUNDLE_TIMESTAMP_DUPLICATE: Term(
        "The same timestamp stands there twice.",
        "Somebody who wants one timestamp to count as two.",
        f"{TEAM}sign again; ask who made this bundle.",
    ),
    Code.BUNDLE_TIMESTAMP_MISMATCH: Term(
        "The timestamp is about another signature.",
        "A timestamp that was copied from another signature.",
        f"{TEAM}sign again; ask who put it there.",
    ),
    Code.BUNDLE_TIMESTAMP_UNTRUSTED: Term(
        "The timestamp is by no timestamp authority of the trusted root.",
        "Another authority, or a trusted root that is out of date.",
        f"{TEAM}sign with a timestamp authority of the trusted root. {OPERATOR}renew the trusted root.",
    ),
    Code.BUNDLE_TRUST_ROOT_OUTSIDE_PERIOD: Term(
        "An authority or log was not valid at the time of signing, by the trusted root's own periods.",
        "A key that was rotated out, or a root file that is out of date.",
        f"{OPERATOR}renew the trusted root. {TEAM}sign again if the key is withdrawn.",
    ),
    Code.BUNDLE_WRONG_DIGEST: Term(
        "A signature is valid and is about other bytes.",
        "A bundle that was attached to the wrong image.",
        f"{TEAM}sign the digest that the tag names.",
    ),
    Code.BUNDLE_PAYLOAD_TYPE: Term(
        "A signed envelope holds something else than an in-toto statement.",
        "A signing tool that is set up for another purpose.",
        f"{TEAM}attest with an in-toto statement.",
    ),
    Code.COSIGN_LAYER_UNSUPPORTED: Term(
        "A layer under a cosign tag or referrer is neither a signature nor an attestation.",
        "An attachment of another kind, or another tool that writes the same tag.",
        f"{TEAM}sign and attest with cosign.",
    ),
    Code.COSIGN_LAYER_DAMAGED: Term(
        "The bytes of a layer are not those that its descriptor names.",
        "A registry with a defect.",
        f"{OPERATOR}look at the registry.",
    ),
    Code.COSIGN_ANNOTATION_INVALID: Term(
        "An annotation that should hold a signature, certificate, log entry or timestamp cannot be read.",
        "A tool that rewrites annotations, or a layer that was put together by hand.",
        f"{TEAM}sign again with cosign.",
    ),
    Code.COSIGN_ENVELOPE_UNPARSEABLE: Term(
        "An attestation layer holds no readable DSSE envelope.",
        "A damaged upload.",
        f"{TEAM}attest again with cosign.",
    ),
    Code.COSIGN_PAYLOAD_UNPARSEABLE: Term(
        "The signed payload is not one that cosign writes.",
        "A payload that was put together by hand.",
        f"{TEAM}sign again with cosign.",
    ),
    Code.COSIGN_PAYLOAD_TYPE: Term(
        "The signed payload is of another type than an image signature.",
        "A payload that was signed for another purpose.",
        f"{TEAM}sign the image with cosign.",
    ),
    Code.COSIGN_DIGEST_SPELLING: Term(
        "The signed payload spells the name of its digest otherwise, or twice: readers differ on what is signed.",
        "A payload that was put together by hand.",
        f"{TEAM}sign again with cosign.",
    ),
    Code.COSIGN_WRONG_DIGEST: Term(
        "The signed payload names another manifest.",
        "A signature that was attached to the wrong image.",
        f"{TEAM}sign the digest that the tag names.",
    ),
    Code.STATEMENT_UNPARSEABLE: Term(
        "A verified envelope holds a statement that is not readable, strictly.",
        "Duplicate keys, a wrong type or an unknown version.",
        f"{TEAM}attest with a current tool.",
    ),
    Code.STATEMENT_WRONG_SUBJECT: Term(
        "A verified statement is about other digests than the release's.",
        "An attestation of another build.",
        f"{TEAM}attest the digest that the tag names.",
    ),
    Code.STATEMENT_TOO_MANY_SUBJECTS: Term(
        "A statement names more subjects than are read.",
        "One attestation for a whole batch of artifacts.",
        f"{TEAM}attest each image by itself.",
    ),
}

_SIGNER = {
    Code.SIGNER_NOT_LOGGED: Term(
        "A named signer's signature is in no transparency log, and its rule demands one.",
        "A key that signs without a log, or a log entry that was removed.",
        f"{TEAM}sign with a transparency log. {OPERATOR}`log: optional` in the signer's rule accepts it without.",
    ),
    Code.SIGNER_TIME_UNKNOWN: Term(
        "A named signer's signature has no proven time, and its rule depends on when it was made.",
        "A key that signs without log and timestamp, under a rule with a period or revocation.",
        f"{TEAM}sign again with a log or timestamp authority: whatever time it claims, it could have been made later.",
    ),
    Code.SIGNER_OUTSIDE_PERIOD: Term(
        "A named signer signed outside the period of its rule.",
        "A key that was rotated out, or is not in use yet.",
        f"{TEAM}sign with the key that is in use.",
    ),
    Code.SIGNER_REVOKED: Term(
        "A named signer signed at or after the time from which it is withdrawn.",
        "A withdrawn key or identity that is still in use, or was stolen.",
        f"{TEAM}sign with another identity; ask who used this one.",
    ),
}


def _of_evidence(what: str, article: str) -> tuple[Term, Term, Term, Term]:
    """Give the four terms that every kind of evidence has: absent, foreign signer, invalid, unparseable."""
    thing = f"{article} {what}".strip()
    return (
        Term(
            f"There is no {what} for the digest; it is awaited until the check's deadline.",
            "A pipeline that is slow, failed after the push, or never made one.",
            f"{TEAM}let the pipeline attach {thing}.",
        ),
        Term(
            f"There is {thing}, and nobody signed it who may.",
            "A fork, another workflow, or a signer who is allowed for something else only.",
            f"{TEAM}sign from the workflow that the policy names.",
        ),
        Term(
            f"There is {thing} that does not verify, and none that does.",
            "See the code of the bundle, which stands in the sentence.",
            f"{TEAM}do what that code says, and attach it again.",
        ),
        Term(
            f"There is {thing} that verifies and cannot be read.",
            "A tool of a newer or older format, or a truncated document.",
            f"{TEAM}make it again with a current tool.",
        ),
    )


def _evidence(prefix: str, what: str, article: str = "a") -> dict[Code, Term]:
    reasons = ("absent", "foreign-signer", "invalid", "unparseable")
    return {Code(f"{prefix}.{r}"): term for r, term in zip(reasons, _of_evidence(what, article), strict=True)}


_PROVENANCE = _evidence("provenance", "provenance", "") | {
    Code.PROVENANCE_WRONG_REPOSITORY: Term(
        "The provenance names another source repository than the service's.",
        "A build of a fork or copy.",
        f"{TEAM}build from the repository that config/services names.",
    ),
    Code.PROVENANCE_WRONG_REF: Term(
        "The provenance names another git ref than the release's tag.",
        "A build from a branch, pushed under a release's tag.",
        f"{TEAM}build from the git tag.",
    ),
    Code.PROVENANCE_WRONG_COMMIT: Term(
        "The provenance names another commit than the one that the release's git tag names.",
        "A git tag that was moved after the build, or a build of something else.",
        f"{TEAM}cut a new release from the tag as it is.",
    ),
    Code.PROVENANCE_WRONG_BUILDER: Term(
        "The build ran on a builder that the policy does not allow.",
        "A self-hosted runner or a private build.",
        f"{TEAM}build with an allowed builder.",
    ),
    Code.PROVENANCE_WRONG_WORKFLOW: Term(
        "Another workflow built it than the policy names.",
        "A renamed or additional workflow file.",
        f"{TEAM}build with the named workflow, or have the policy changed.",
    ),
    Code.PROVENANCE_WRONG_BUILD_TYPE: Term(
        "The provenance follows a build type that the policy does not allow.",
        "Another generator, or a newer version of it.",
        f"{OPERATOR}read the build type, and allow it if its fields mean the same.",
    ),
    Code.PROVENANCE_UNKNOWN_PARAMETER: Term(
        "The build took a parameter that nobody allowed.",
        "An input of the workflow that could change what is built.",
        f"{TEAM}build without it, or have the policy allow it.",
    ),
    Code.PROVENANCE_MATERIAL_NOT_PINNED: Term(
        "Something that went into the build has no SHA-256 digest and no git commit in the provenance.",
        "A base image or dependency that was fetched by a tag, or a builder that lists no materials at all.",
        f"{TEAM}name what the build fetches by digest, and let the builder record it.",
    ),
    Code.PROVENANCE_MATERIAL_NOT_ALLOWED: Term(
        "Something that went into the build comes from a place that the policy does not allow, or names none.",
        "A dependency fetched from the internet instead of the mirror, a fork, or a builder that lists no materials.",
        f"{TEAM}fetch it from an allowed place. Security team: allow its place in `material_sources`, if it is right.",
    ),
    Code.PROVENANCE_BASE_IMAGE_NOT_ALLOWED: Term(
        "An image that went into the build comes from a repository that the policy does not allow, or none is told.",
        "A base image from a public registry, or a builder that does not record base images.",
        f"{TEAM}build on an allowed image. Security team: allow it in `base_images`, if it is right.",
    ),
    Code.PROVENANCE_LEVEL_TOO_LOW: Term(
        "The policy trusts this pair of signer and builder for a lower SLSA build level than it demands.",
        "A build outside the hardened builder, or a pair that is missing in `levels` and so has level 1.",
        f"{TEAM}build with the hardened builder. Security team: list the pair, if the builder keeps the level.",
    ),
    Code.PROVENANCE_TRIGGER_NOT_ALLOWED: Term(
        "Another event started the build than the policy allows, or none is named.",
        "A build for a pull request, or of a workflow that another workflow started.",
        f"{TEAM}release by an allowed event, such as the push of the tag.",
    ),
    Code.PROVENANCE_CLAIM_NOT_CERTIFIED: Term(
        "The provenance claims something that the signer's certificate does not say.",
        "Provenance that the workflow itself could write, and wrote wrongly.",
        f"{TEAM}let the platform's own generator make the provenance.",
    ),
    Code.PROVENANCE_NO_SOURCE_TAG: Term(
        "The source repository has no git tag for this release.",
        "An image that was tagged without tagging its source, or a tag pattern that does not fit.",
        f"{TEAM}push the git tag. {OPERATOR}correct `source.tag` of the service.",
    ),
    Code.PROVENANCE_SOURCE_UNKNOWN: Term(
        "The source repository did not answer, so the commit cannot be compared.",
        "An outage of the forge.",
        f"{OPERATOR}nothing, if it passes.",
    ),
}

_MISMATCH_APPROVAL = {
    Code.MISMATCH_APPROVAL_ABSENT: Term(
        "The build is of another commit than the release's tag, and nobody approved that.",
        "A tag that was moved after the build; the approvals that the policy asks for are not written yet.",
        f"{TEAM}better build the release anew. Security team: attest the approval, if it is right.",
    ),
    Code.MISMATCH_APPROVAL_FOREIGN_SIGNER: Term(
        "There is an approval of the commit mismatch by somebody who may not approve it.",
        "A signer whom `mismatch_approvals` does not list, or one who attests the provenance too.",
        "Security team: have it approved by those whom the policy lists.",
    ),
    Code.MISMATCH_APPROVAL_INVALID: Term(
        "There is an approval of the commit mismatch that does not verify.",
        "See the code of the bundle, which stands in the sentence.",
        "Security team: do what that code says, and attest it again.",
    ),
    Code.MISMATCH_APPROVAL_UNPARSEABLE: Term(
        "There is an approval of the commit mismatch that verifies and cannot be read.",
        "A missing member, a shortened commit, or a time without its offset.",
        "Security team: attest it again, with every member that docs/configuration.md names.",
    ),
    Code.MISMATCH_APPROVAL_WRONG: Term(
        "An approval names another repository or other commits than the two in question.",
        "An approval of an earlier mismatch, or a tag that moved once more.",
        "Security team: look at these two commits, and approve them if it is right.",
    ),
    Code.MISMATCH_APPROVAL_EXPIRED: Term(
        "An approval of the commit mismatch has ended.",
        "The `expires` that its author wrote.",
        f"{TEAM}build the release anew. Security team: approve it again, if it is still right.",
    ),
    Code.MISMATCH_APPROVAL_TOO_FEW: Term(
        "Fewer different people approved the commit mismatch than the policy asks for.",
        "The second approval is still to come, or one person approved twice.",
        "Security team: have another of those whom the policy lists approve it.",
    ),
}

_AGREEMENT = {
    Code.AGREEMENT_OTHER_MECHANISM: Term(
        "An SBOM or scan is signed or kept in another way than the provenance, and the policy wants one way.",
        "A step that signs with a key or in another layout than the rest of the pipeline.",
        f"{TEAM}sign all of a build's evidence in one way. Security team: or leave `same_mechanism` out.",
    ),
}

_REPRODUCED = {
    Code.REPRODUCED_TOO_FEW_BUILDS: Term(
        "Fewer independent builders made this digest than the policy asks for.",
        "A rebuild that is still to come, one that gave another digest, or one signer for two builders.",
        f"{TEAM}let another accepted builder build the same commit; look at what differs if the digest does.",
    ),
}

_SOURCE_REVIEW = _evidence("source-review", "source verification summary") | {
    Code.SOURCE_REVIEW_WRONG_REPOSITORY: Term(
        "The summary is about another source repository than the service's.",
        "A summary of a fork or of a dependency.",
        f"{TEAM}attach the summary of the release's own source.",
    ),
    Code.SOURCE_REVIEW_WRONG_COMMIT: Term(
        "The summary is about another commit than the one that the release's git tag names.",
        "A summary of the branch's head, or a git tag that was moved.",
        f"{TEAM}have the release's commit verified, and attach that summary.",
    ),
    Code.SOURCE_REVIEW_WRONG_VERIFIER: Term(
        "The summary is the word of a verifier that the policy does not accept.",
        "Another service, or a verifier that was renamed.",
        f"{TEAM}have an accepted verifier say it. Security team: list this one in `verifiers`, if it is right.",
    ),
    Code.SOURCE_REVIEW_FAILED: Term(
        "The verifier says that the source failed its policy.",
        "A change without the review that the source's own rules ask for.",
        f"{TEAM}do what the verifier asks, and cut a new release.",
    ),
    Code.SOURCE_REVIEW_LEVEL_TOO_LOW: Term(
        "The verifier gives the commit a lower level of SLSA's source track than the policy demands.",
        "A commit that one person merged alone, or a repository without enforced review.",
        f"{TEAM}have the change reviewed by a second person, and cut a new release.",
    ),
}

_SBOM = _evidence("sbom", "SBOM", "an") | {
    Code.SBOM_FORMAT_NOT_ALLOWED: Term(
        "The SBOM is in a format that the policy does not allow.",
        "A generator with another default.",
        f"{TEAM}write it in an allowed format.",
    ),
    Code.SBOM_TOO_FEW_COMPONENTS: Term(
        "The SBOM lists fewer components than the policy demands.",
        "A generator that looked at an empty or wrong directory.",
        f"{TEAM}scan the built image, not the source.",
    ),
    Code.SBOM_TIE: Term(
        "Several SBOMs were signed at the same time and say different things.",
        "Two pipelines that attest the same digest.",
        f"{TEAM}let one of them attest, once more.",
    ),
    Code.SBOM_OTHER_BUILD: Term(
        "The SBOM was made outside the build that the provenance describes: its run, runner or commit is another.",
        "An SBOM of an earlier build or of another run, attested to this digest.",
        f"{TEAM}make the SBOM in the build itself, of the artifact that it made, and attest it there.",
    ),
    Code.SBOM_OTHER_ARTIFACT: Term(
        "The SBOM says that it describes another image than the one that it is attached to.",
        "A document of another build or tag that was attested for this digest.",
        f"{TEAM}make the SBOM from the digest that the tag names.",
    ),
    Code.SBOM_PLATFORM_MISSING: Term(
        "A platform that the policy names has no SBOM, of its own or about the index and listing it; it is awaited "
        "until the check's deadline.",
        "A pipeline that attests the index alone, or one platform of several.",
        f"{TEAM}attest an SBOM of each platform's own digest.",
    ),
}

_SIGNATURE = _evidence("signature", "signature") | {
    Code.SIGNATURE_TOO_FEW_SIGNERS: Term(
        "Fewer different signers have signed than the policy demands.",
        "A second signature that nobody has made yet, or two by one identity, which count once.",
        f"{TEAM}have the signers that the finding names sign as well.",
    ),
}

_SCAN = _evidence("scan", "scan") | {
    Code.SCAN_STALE: Term(
        "The newest scan is older than the policy allows.",
        "A scheduled scan that stopped.",
        "Security team: scan the digest again.",
    ),
    Code.SCAN_FROM_THE_FUTURE: Term(
        "The scan says that it ended after now, or after it was signed.",
        "A clock that is wrong, or a report that was made up.",
        "Security team: correct the scanner's clock and scan again.",
    ),
    Code.SCAN_NOTHING_ANALYSED: Term(
        "The scan shows nothing that was analysed, so that no finding means nothing.",
        "A scanner that could not open the image or knows none of its packages.",
        "Security team: see why the scanner found no packages.",
    ),
    Code.SCAN_DATABASE_AGE_UNKNOWN: Term(
        "The scan does not say how old its vulnerability database was, and the policy asks.",
        "A report format without that field.",
        "Security team: scan with a tool that records it.",
    ),
    Code.SCAN_DATABASE_STALE: Term(
        "The scan's vulnerability database was older than the policy allows.",
        "A scanner that cannot update its database.",
        "Security team: let the scanner update, and scan again.",
    ),
    Code.SCAN_SCANNER_NOT_ALLOWED: Term(
        "Another scanner made the scan than the policy allows.",
        "A team's own tool.",
        "Security team: scan with an allowed tool, or have the policy changed.",
    ),
    Code.SCAN_OTHER_BUILD: Term(
        "The scan says that it belongs to another build than the one that the provenance describes.",
        "A report of an earlier build, attested to this digest.",
        "Security team: scan this digest and attest the report.",
    ),
    Code.SCAN_SCANNER_MISSING: Term(
        "The policy demands a scan by each of several scanners, and one of them made none that passes.",
        "A scanner that was switched off, or whose job failed.",
        "Security team: scan with every scanner that the policy names.",
    ),
    Code.SCAN_DISPLAY_ONLY: Term(
        "The scan is a SARIF report, which is shown and never decides.",
        "A scanner that writes the format of code analysis, without packages and fixes.",
        "Security team: attest the scanner's JSON report.",
    ),
    Code.SCAN_OTHER_ARTIFACT: Term(
        "The report says that it looked at another image than the one that it is attached to.",
        "A report of another tag or build that was attested for this digest.",
        "Security team: scan the digest itself, from the registry.",
    ),
    Code.SCAN_PLATFORM_MISSING: Term(
        "A platform that the policy names has no scan, of its own or about the index and listing it; it is awaited "
        "until the check's deadline.",
        "A scanner that looks at one platform of an index.",
        "Security team: scan each platform's own digest.",
    ),
    Code.VULNERABILITIES_OVER_LIMIT: Term(
        "There are more findings of a severity than the policy allows.",
        "A vulnerable dependency or base image.",
        f"{TEAM}update what the sentence names, and release again.",
    ),
    Code.VULNERABILITIES_FIXABILITY_UNKNOWN: Term(
        "The policy tells fixable from not fixable, and the scan does not say.",
        "A report format without that field (in-toto vulns).",
        "Security team: scan with a tool that records fixes.",
    ),
}

_TESTS = _evidence("tests", "test result", "a") | {
    Code.TESTS_SUITE_ABSENT: Term(
        "There are test results, and none of a suite that the policy names.",
        "A suite that did not run, or runs under another name.",
        f"{TEAM}run the suite that is named and attest its result.",
    ),
    Code.TESTS_FAILED: Term(
        "The newest result of a suite says that it failed, or lists tests that did.",
        "A defect, or a test that does not always pass.",
        f"{TEAM}correct what fails; or run the suite again, if the run was broken.",
    ),
    Code.TESTS_WARNED: Term(
        "The newest result of a suite passed with warnings, which the policy does not allow.",
        "A test that is marked as unstable.",
        f"{TEAM}remove the cause of the warnings.",
    ),
    Code.TESTS_COVERAGE_TOO_LOW: Term(
        "The tests cover less of the code than the policy demands.",
        "New code without tests.",
        f"{TEAM}test what is not covered, and release again.",
    ),
    Code.TESTS_COVERAGE_UNKNOWN: Term(
        "No result says how much of the code the tests cover, and the policy asks.",
        "A result without the extension member that docs/predicates.md describes.",
        f"{TEAM}put the coverage into the result.",
    ),
    Code.TESTS_STALE: Term(
        "The newest result of a suite is older than the policy allows.",
        "A scheduled run that stopped.",
        f"{TEAM}run the suite again.",
    ),
    Code.TESTS_TIME_UNKNOWN: Term(
        "Nobody vouches for the time at which the newest result of a suite was signed, and the policy limits its age.",
        "A signature by a key, without a transparency log and without a timestamp.",
        f"{TEAM}sign with a log or a timestamp authority.",
    ),
    Code.TESTS_TIE: Term(
        "Several results of one suite were signed at the same time and say different things.",
        "Two pipelines that attest the same digest.",
        f"{TEAM}attest the right one again.",
    ),
}

_SAST = _evidence("sast", "SARIF log", "a") | {
    Code.SAST_TOOL_ABSENT: Term(
        "There are SARIF logs, and none by a tool that the policy names.",
        "A tool that did not run, or calls itself something else.",
        f"{TEAM}analyse the commit with the tool that is named.",
    ),
    Code.SAST_OVER_LIMIT: Term(
        "A tool found more of a level than the policy allows.",
        "Code that breaks the rules that the sentence names.",
        f"{TEAM}correct what is named, and release again.",
    ),
    Code.SAST_WRONG_COMMIT: Term(
        "The analysis names another commit than the release's, or none.",
        "A log of another run, or a tool that does not write `versionControlProvenance`.",
        f"{TEAM}analyse the release's commit and let the tool record it.",
    ),
    Code.SAST_SOURCE_UNKNOWN: Term(
        "The source repository did not answer, so the commit cannot be compared.",
        "An outage of the forge.",
        f"{OPERATOR}nothing, if it passes.",
    ),
    Code.SAST_NOTHING_ANALYSED: Term(
        "The run has no list of results, so that no finding means nothing.",
        "A run that only listed the tool's rules.",
        f"{TEAM}let the tool analyse the code.",
    ),
    Code.SAST_RUN_FAILED: Term(
        "An invocation of the tool did not succeed, or does not say so.",
        "A tool that stopped half-way.",
        f"{TEAM}see why it stopped, and run it again.",
    ),
    Code.SAST_TIE: Term(
        "Several logs of one tool were signed at the same time and say different things.",
        "Two pipelines that attest the same digest.",
        f"{TEAM}attest the right one again.",
    ),
}

_REVIEW = _evidence("review", "review", "a") | {
    Code.REVIEW_NEGATIVE: Term(
        "The newest answer of an accepted signer is no: rejected or failed.",
        "A licence, a change or a deployment that was refused.",
        f"{TEAM}remove the cause and release again, or have the signer answer anew.",
    ),
    Code.REVIEW_WRONG_ENVIRONMENT: Term(
        "There are answers, and only about other environments.",
        "An approval for the environment before this one.",
        f"{TEAM}have it answered for this environment.",
    ),
    Code.REVIEW_WRONG_POLICY: Term(
        "There are results, and only of other policies.",
        "A policy that was renamed, or was never run.",
        f"{OPERATOR}run the policy that the finding names.",
    ),
    Code.REVIEW_STALE: Term(
        "The answer is older than the policy allows.",
        "A release that waited for long.",
        f"{TEAM}have it answered again.",
    ),
    Code.REVIEW_EXPIRED: Term(
        "The answer ended at the time that it names itself.",
        "A release that waited for long.",
        f"{TEAM}have it answered again.",
    ),
    Code.REVIEW_FROM_THE_FUTURE: Term(
        "The answer says that it was given after now, or after it was signed.",
        "A clock that is wrong, or an answer that was made up.",
        "Security team: see whose clock it is, and have it answered again.",
    ),
    Code.REVIEW_TOO_FEW_SIGNERS: Term(
        "Fewer different signers have answered than the policy demands.",
        "An answer that nobody has given yet, or two by one identity, which count once.",
        f"{TEAM}have the signers that the finding names answer as well.",
    ),
    Code.REVIEW_TIE: Term(
        "One signer signed different answers at the same time.",
        "A script that attests twice.",
        f"{TEAM}have the right answer attested again.",
    ),
}

_VSA = _evidence("vsa", "verification summary", "a") | {
    Code.VSA_WRONG_VERIFIER: Term(
        "The summary names a verifier for which its signer does not sign.",
        "Two verifiers that share an identity, or a forged summary.",
        "Security team: look at who signed; let each verifier sign with its own identity.",
    ),
    Code.VSA_WRONG_RESOURCE: Term(
        "The summary is about another resource than the release.",
        "An image that was verified in another repository.",
        f"{TEAM}have the image verified where it is released.",
    ),
    Code.VSA_WRONG_POLICY: Term(
        "The summary was made against another policy, or another version of it, than is demanded.",
        "A verifier with an older policy.",
        f"{OPERATOR}let the verifier use the policy that is demanded, or correct the demand.",
    ),
    Code.VSA_FAILED: Term(
        "The newest summary of an accepted verifier says that the verification failed.",
        "What the verifier's own report says.",
        f"{TEAM}see with the verifier what failed, and release again.",
    ),
    Code.VSA_LEVEL_TOO_LOW: Term(
        "The summary does not state a level that the policy demands, nor a higher one of its track.",
        "A build platform or source repository of a lower level.",
        f"{TEAM}build and keep the source so that the level is reached.",
    ),
    Code.VSA_STALE: Term(
        "The verification is older than the policy allows.",
        "A release that waited for long.",
        f"{OPERATOR}verify the image again.",
    ),
    Code.VSA_TIME_UNKNOWN: Term(
        "The summary does not say when it was verified, and the policy asks.",
        "A verifier that leaves `timeVerified` out.",
        f"{OPERATOR}let the verifier write it.",
    ),
    Code.VSA_FROM_THE_FUTURE: Term(
        "The summary says that it was made after now, or after it was signed.",
        "A clock that is wrong, or a summary that was made up.",
        "Security team: correct the verifier's clock and verify again.",
    ),
    Code.VSA_TIE: Term(
        "Several summaries of one verifier were signed at the same time and say different things.",
        "A verifier that runs twice.",
        f"{OPERATOR}let it attest the right one again.",
    ),
}

_STEPS = _evidence("steps", "in-toto link", "an") | {
    Code.STEPS_NOT_CHAINED: Term(
        "A step used nothing that the step before it made.",
        "Links of different runs, or artifacts that are recorded without SHA-256.",
        f"{TEAM}record what each step takes over from the one before.",
    ),
    Code.STEPS_MATERIAL_CHANGED: Term(
        "A step used an artifact under a name that the step before it gave to other bytes.",
        "Something was put in its place between the two, or links of different runs.",
        f"{TEAM}find out what changed it, and release again.",
    ),
    Code.STEPS_ARTIFACT_NOT_PRODUCED: Term(
        "The last step does not name the release's digest among its products.",
        "A link that records files and not the image.",
        f"{TEAM}record the image in the last step's link.",
    ),
}

_RELEASED = _evidence("release", "release attestation", "a") | {
    Code.RELEASE_WRONG_PACKAGE: Term(
        "The attestation is about another package than the policy names.",
        "A package that was renamed.",
        f"{TEAM}attest the release of the named package.",
    ),
    Code.RELEASE_WRONG_VERSION: Term(
        "The attestation names another version, tag or digest than the release.",
        "An attestation that was made for another release.",
        f"{TEAM}attest this release for its own digest.",
    ),
}

_SCAI = _evidence("scai", "attribute report", "an") | {
    Code.SCAI_ATTRIBUTE_ABSENT: Term(
        "No report asserts an attribute that the policy demands of the artifact itself.",
        "A producer that did not run, or asserts it of something else.",
        f"{TEAM}have the attribute asserted.",
    ),
    Code.SCAI_WRONG_EVIDENCE: Term(
        "The attribute is asserted, and rests on other evidence than is demanded.",
        "Evidence that was made anew.",
        f"{TEAM}assert it with the demanded evidence, or have the policy changed.",
    ),
    Code.SCAI_CONDITIONAL: Term(
        "The attribute is asserted under conditions, which the policy does not allow.",
        "A producer that states what its assertion depends on.",
        f"{TEAM}have it asserted without conditions.",
    ),
}

_ATTESTATION = _evidence("attestation", "attestation of the type that the policy names", "an") | {
    Code.ATTESTATION_UNEQUAL: Term(
        "The newest attestation says something else than is demanded at a place that the policy names.",
        "What the attestation is about is not done yet, or was refused.",
        f"{TEAM}do it, and attest it again.",
    ),
    Code.ATTESTATION_STALE: Term(
        "The newest attestation is older than the policy allows.",
        "A pipeline that stopped.",
        f"{TEAM}attest it again.",
    ),
    Code.ATTESTATION_TIME_UNKNOWN: Term(
        "Nobody vouches for the time at which the newest attestation was signed, and the policy limits its age.",
        "A signature by a key, without a transparency log and without a timestamp.",
        f"{TEAM}sign with a log or a timestamp authority.",
    ),
    Code.ATTESTATION_TIE: Term(
        "Several attestations of the type were signed at the same time and say different things.",
        "Two pipelines that attest the same digest.",
        f"{TEAM}attest the right one again.",
    ),
}

_VEX = {
    Code.VEX_FOREIGN_SIGNER: Term(
        "A VEX document is signed by nobody whom the policy names as an author; it takes no vulnerability away.",
        "A document of another team, or a policy that names no author.",
        "Security team: sign it as an author that the policy names, or have the author added.",
    ),
    Code.VEX_INVALID: Term(
        "A VEX document does not verify; it takes no vulnerability away.",
        "See the code of the bundle, which stands in the sentence.",
        "Security team: do what that code says, and attach it again.",
    ),
    Code.VEX_UNPARSEABLE: Term(
        "An author's newest VEX document cannot be read, so that none of the author's takes a vulnerability away.",
        "A statement without the reason that the specification demands, or another version.",
        "Security team: correct the document and attest it again.",
    ),
    Code.VEX_FROM_THE_FUTURE: Term(
        "A VEX statement has a time that is still to come, or after its signature; its document counts for nothing.",
        "A clock that is wrong, or a document that is meant to overrule later ones.",
        "Security team: correct the time and attest it again.",
    ),
    Code.VEX_TIE: Term(
        "Two VEX statements of the same time say different things of one vulnerability, so that it stays.",
        "Two documents that were written together, or two authors who disagree.",
        "Security team: make the statement that holds once more, with a later time.",
    ),
}

_PLATFORM = {
    Code.PLATFORM_ABSENT: Term(
        "The image index lacks a platform that the policy names.",
        "A build for fewer platforms, or a misspelt name in the policy.",
        f"{TEAM}build the platform, or have the policy changed.",
    ),
}

_EDIT = {
    Code.EDIT_UNPARSEABLE: Term(
        "The manifest is not valid YAML.", "A mistake in the file.", f"{TEAM}correct the line that is named."
    ),
    Code.EDIT_TOO_LARGE: Term(
        "The manifest is larger than is edited.", "A generated file.", f"{TEAM}keep the pin in a file of its own."
    ),
    Code.EDIT_TOO_DEEP: Term(
        "The manifest is nested deeper, or has more nodes, than is read.",
        "A generated or hostile file.",
        f"{TEAM}keep the pin in a file of its own.",
    ),
    Code.EDIT_NOT_FOUND: Term(
        "The pin is not where the target says.",
        "A renamed key or image.",
        f"{OPERATOR}correct the target in config/services, or the file.",
    ),
    Code.EDIT_AMBIGUOUS: Term(
        "The pin could be in several places.", "Two entries for one image.", f"{TEAM}leave one of them."
    ),
    Code.EDIT_IMAGE_MISMATCH: Term(
        "The place pins another image than the service's.",
        "A mirror, or a target that points at another container.",
        f"{OPERATOR}correct `image` of the service, or the file.",
    ),
    Code.EDIT_ALIAS: Term(
        "The pin is a YAML alias, so that an edit would change other places.",
        "A file that shares its values.",
        f"{TEAM}write the value out where it is pinned.",
    ),
    Code.EDIT_ANCHOR: Term(
        "The pin carries a YAML anchor, so that an edit would change other places.",
        "A file that shares its values.",
        f"{TEAM}write the value out in each place.",
    ),
    Code.EDIT_SHARED: Term(
        "The pin stands inside something that is used in several places.",
        "A file that shares its values.",
        f"{TEAM}write the part out in each place.",
    ),
    Code.EDIT_TAGGED: Term("The pin carries a YAML tag.", "`!!str` or the like.", f"{TEAM}write it in quotes instead."),
    Code.EDIT_BLOCK_SCALAR: Term("The pin is a block of text.", "A generated file.", f"{TEAM}write it on one line."),
    Code.EDIT_MULTI_LINE: Term("The pin goes over several lines.", "A folded value.", f"{TEAM}write it on one line."),
    Code.EDIT_DUPLICATE_KEY: Term(
        "A key on the way to the pin stands there twice.", "A merge gone wrong.", f"{TEAM}remove one of them."
    ),
    Code.EDIT_MERGE_KEY: Term(
        "The pin comes from a YAML merge key (<<).",
        "A file that shares its values.",
        f"{TEAM}write the value out where it is pinned.",
    ),
    Code.EDIT_NOT_A_SCALAR: Term(
        "What stands at the pin is a list or a mapping.",
        "A target that points one level too high.",
        f"{OPERATOR}correct the target in config/services.",
    ),
    Code.EDIT_NOT_A_PIN: Term(
        "What stands there is no tag, digest or image.",
        "A placeholder or a template.",
        f"{TEAM}write the value that runs.",
    ),
    Code.EDIT_NOT_A_TAG: Term(
        "The release has a name that no tag has.", "A release that was made by hand.", f"{TEAM}release under a tag."
    ),
    Code.EDIT_NOT_EXACT: Term(
        "An edit would have changed something else than the pin, so none was made.",
        "An unusual way to write YAML.",
        f"{TEAM}write the pin as plain `key: value` lines.",
    ),
}

VOCABULARY: Mapping[Code, Term] = MappingProxyType(
    {
        **_OUTSIDE,
        **_RELEASE,
        **_LAYOUT,
        **_BUNDLE,
        **_SIGNER,
        **_SIGNATURE,
        **_PROVENANCE,
        **_MISMATCH_APPROVAL,
        **_AGREEMENT,
        **_REPRODUCED,
        **_SOURCE_REVIEW,
        **_SBOM,
        **_SCAN,
        **_TESTS,
        **_SAST,
        **_REVIEW,
        **_VSA,
        **_STEPS,
        **_RELEASED,
        **_SCAI,
        **_ATTESTATION,
        **_VEX,
        **_PLATFORM,
        **_EDIT,
        **_CIRCUMSTANCES,
        **_EXCEPTIONS,
        **_GATES,
        **_EXPRESSION,
        **_COMPONENTS,
        **_DENIALS,
    }
)
"""Every code with its term."""
