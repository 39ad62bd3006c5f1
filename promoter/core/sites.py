"""Finds the pins of a target in a file: one function for each kind of document.

Rule: what is found must be the one that is meant. A name that fits twice is refused, a name that does not fit the image
is refused, and nothing is found by its line or by its old value.
"""

from collections.abc import Iterator

from promoter.core.candidate import Repository
from promoter.core.codes import Code
from promoter.core.image_reference import is_named, parse_image
from promoter.core.pins import Site, image_site, pair_site, tag_site
from promoter.core.target import EditRefused, Target, TargetKind, ValuesShape
from promoter.core.yaml_nodes import Alias, Scalar, Sequence, Stream
from promoter.core.yaml_places import Place, child, children, entered, inherited, refuse_merged, text

_CONTAINER_LISTS = frozenset({"containers", "initContainers", "ephemeralContainers"})
_HELM_GROUP = "helm.toolkit.fluxcd.io/"
_SOURCE_GROUP = "source.toolkit.fluxcd.io/"


def find_sites(stream: Stream, target: Target, image: Repository) -> tuple[Site, ...]:
    """Find every pin of a target, at least one, in the file's order.

    Raises EditRefused where it is not known exactly which ones they are, or where one cannot be rewritten alone.
    """
    match target.kind:
        case TargetKind.KUSTOMIZE:
            return (_kustomize(stream, target, image),)
        case TargetKind.MANIFEST:
            return _manifest(stream, image)
        case TargetKind.HELM_VALUES:
            return (_values(stream, _roots(stream), target, image),)
        case TargetKind.FLUX_HELM_RELEASE:
            return (_helm_release(stream, target, image),)
        case TargetKind.FLUX_OCI_REPOSITORY:
            return (_oci_repository(stream, target, image),)


# --- kustomize --------------------------------------------------------------------------------------------------------


def _kustomize(stream: Stream, target: Target, image: Repository) -> Site:
    entries = [
        entry
        for root in _roots(stream)
        if (images := child(root, "images")) is not None
        for entry in children(images)
        if _is_entry(entry, target, image)
    ]
    wanted = f"entry {target.name!r} of images" if target.name else f"entry of images for {image}"
    entry = _only(entries, stream, wanted, "add it, with its name and newTag")
    name = text(entry, "newName") or text(entry, "name") or ""
    if not is_named(name, image):
        raise _mismatch(entry, name, image)
    return pair_site(entry, "newTag", "digest")


def _is_entry(entry: Place, target: Target, image: Repository) -> bool:
    name, new_name = text(entry, "name"), text(entry, "newName")
    return name == target.name if target.name else is_named(new_name or name or "", image)


# --- plain manifests --------------------------------------------------------------------------------------------------


def _manifest(stream: Stream, image: Repository) -> tuple[Site, ...]:
    sites = []
    others: set[str] = set()
    for place in _container_images(stream):
        node = entered(place).node
        reference = parse_image(node.value) if isinstance(node, Scalar) else None
        if reference is not None and is_named(reference.name, image):
            sites.append(image_site(place, reference))
        elif isinstance(node, Scalar):
            others.add(node.value[:100])
    if not sites:
        seen = f"; its containers use {', '.join(sorted(others)[:5])}" if others else ""
        detail = f"no container uses {image}{seen}"
        raise EditRefused(Code.EDIT_NOT_FOUND, stream.path, 0, detail, "name the file that does")
    return tuple(sorted(sites, key=lambda site: site.slots[0].scalar.span.start))


def _container_images(stream: Stream) -> Iterator[Place]:
    """Give the `image` of every container anywhere in a file; what an alias stands for is looked at once."""
    waiting = [(root, False) for root in _roots(stream)]
    seen: set[tuple[int, bool]] = set()
    while waiting:
        place, is_list = waiting.pop()
        if isinstance(place.node, Alias):
            known = (place.node.target.span.event, is_list)
            if known not in seen:
                seen.add(known)
                waiting.append((entered(place), is_list))
            continue
        if is_list and isinstance(place.node, Sequence):
            for container in children(place):
                yield from inherited(container, "image")
        waiting += [(below, below.steps[-1].key in _CONTAINER_LISTS) for below in children(place)]


# --- Helm values ------------------------------------------------------------------------------------------------------


def _values(stream: Stream, roots: tuple[Place, ...], target: Target, image: Repository) -> Site:
    at = [place for root in roots if (place := _descend(root, target)) is not None]
    way = ".".join(str(part) for part in target.at) or "the root"
    remedy = "correct the target's `at` or write the value that runs there"
    if target.shape is ValuesShape.IMAGE:
        return _image_value(_only(at, stream, way, remedy), image)
    keys = (target.tag_key,) if target.shape is ValuesShape.TAG else (target.tag_key, target.digest_key)
    holding = [place for place in at if any(inherited(place, key) for key in keys)]
    wanted = f"{' or '.join(repr(key) for key in keys)} under {way}"
    place = _only(holding, stream, wanted, remedy)
    if target.shape is ValuesShape.TAG:
        site = tag_site(place, target.tag_key)
        _refuse_second_digest(place, target.digest_key)
    else:
        site = pair_site(place, target.tag_key, target.digest_key)
    if target.tag_key == "tag":  # other names stand beside keys that belong to something else
        _check_split_name(place, image)
    return site


def _descend(root: Place, target: Target) -> Place | None:
    place: Place | None = root
    for part in target.at:
        if place is None:
            break
        below = child(place, part)
        if below is None:
            refuse_merged(place, str(part))
        place = below
    return place


def _image_value(place: Place, image: Repository) -> Site:
    node = entered(place).node
    if not isinstance(node, Scalar):
        raise place.refused(Code.EDIT_NOT_A_SCALAR, "is a collection", "choose another `shape` for this target")
    reference = parse_image(node.value)
    if reference is None:
        raise place.refused(Code.EDIT_NOT_A_PIN, f"is no image: {node.value[:100]!r}", "write the image that runs")
    if not is_named(reference.name, image):
        raise _mismatch(place, reference.name, image)
    return image_site(place, reference)


def _refuse_second_digest(place: Place, key: str) -> None:
    """Refuse a digest of its own beside a tag that is to carry one: the chart might prefer the one that stays."""
    if child(place, key) is not None and text(place, key):
        detail = f"has a {key!r} of its own beside the tag"
        raise place.refused(Code.EDIT_AMBIGUOUS, detail, f"choose shape tag-and-digest or remove {key!r}")


def _check_split_name(place: Place, image: Repository) -> None:
    """Compare what the values say of the image's name; what they leave to the chart cannot be compared."""
    registry, repository = text(place, "registry") or "", text(place, "repository") or ""
    if registry and repository:
        fits = is_named(f"{registry.rstrip('/')}/{repository}", image)
    elif repository:
        fits = is_named(repository, image) or repository == image.path
    else:
        fits = not registry or f"{image}/".startswith(f"{registry.rstrip('/')}/")
    if not fits:
        raise _mismatch(place, "/".join(part for part in (registry, repository) if part), image)


# --- Flux -------------------------------------------------------------------------------------------------------------


def _helm_release(stream: Stream, target: Target, image: Repository) -> Site:
    releases = _objects(stream, "HelmRelease", _HELM_GROUP, target.name)
    values = tuple(
        found for release in releases if (spec := child(release, "spec")) and (found := child(spec, "values"))
    )
    if not values:
        named = f" {target.name!r}" if target.name else ""
        detail = f"there is no HelmRelease{named} with spec.values"
        raise EditRefused(Code.EDIT_NOT_FOUND, stream.path, 0, detail, "correct the target's `name` or `path`")
    return _values(stream, values, target, image)


def _oci_repository(stream: Stream, target: Target, image: Repository) -> Site:
    found = [
        place
        for place in _objects(stream, "OCIRepository", _SOURCE_GROUP, target.name)
        if target.name or is_named(_url(place), image)
    ]
    wanted = f"OCIRepository {target.name!r}" if target.name else f"OCIRepository of {image}"
    place = _only(found, stream, wanted, "correct the target or the object's spec.url")
    if not is_named(_url(place), image):
        raise _mismatch(place, _url(place), image)
    spec = child(place, "spec")
    reference = child(spec, "ref") if spec is not None else None
    if reference is None:
        raise place.refused(Code.EDIT_NOT_FOUND, "has no spec.ref", "write spec.ref.tag with the tag that runs")
    return pair_site(reference, "tag", "digest")


def _url(place: Place) -> str:
    spec = child(place, "spec")
    url = text(spec, "url") if spec is not None else None
    return (url or "").removeprefix("oci://").rstrip("/")


def _objects(stream: Stream, kind: str, group: str, name: str) -> list[Place]:
    """Give the objects of a kind, by name where one is given; those inside a `List` too."""
    roots: list[Place] = []
    for root in _roots(stream):
        items = child(root, "items") if text(root, "kind") == "List" else None
        roots += children(items) if items is not None else (root,)
    return [
        root
        for root in roots
        if text(root, "kind") == kind
        and (text(root, "apiVersion") or "").startswith(group)
        and (not name or name == _object_name(root))
    ]


def _object_name(place: Place) -> str | None:
    metadata = child(place, "metadata")
    return text(metadata, "name") if metadata is not None else None


# --- all --------------------------------------------------------------------------------------------------------------


def _roots(stream: Stream) -> tuple[Place, ...]:
    return tuple(Place(stream, document) for document in stream.documents)


def _only(found: list[Place], stream: Stream, wanted: str, remedy: str) -> Place:
    """Give the one place of a list; raises EditRefused where it is none or several."""
    if not found:
        raise EditRefused(Code.EDIT_NOT_FOUND, stream.path, 0, f"there is no {wanted}", remedy)
    if len(found) > 1:
        lines = ", ".join(str(place.line) for place in found[:10])
        detail = f"there is more than one {wanted}, on lines {lines}"
        raise EditRefused(
            Code.EDIT_AMBIGUOUS, stream.path, found[1].line, detail, "keep one or set the target's `name`"
        )
    return found[0]


def _mismatch(place: Place, name: str, image: Repository) -> EditRefused:
    detail = f"is of the image {name[:200]!r}, not {image}"
    return place.refused(Code.EDIT_IMAGE_MISMATCH, detail, "correct the target or the image in the file")
