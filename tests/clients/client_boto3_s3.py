"""boto3 on the S3 server, without a setting."""

import io
import os
from functools import partial

import boto3
from botocore.config import Config

from s3 import told
from server import ACCESS_KEY_ID, REGION, SECRET, Server
from tools import BIG, fetch, run, targets


def cases(server: Server):
    for target in targets(server, "boto3"):
        yield from life(target)
        yield from presigned(target)
        yield from lists(target)
        yield from unsafe(target)


def connect(target, secret: str = SECRET, **more):
    account = {"aws_access_key_id": ACCESS_KEY_ID, "aws_secret_access_key": secret, "region_name": REGION}
    return boto3.client("s3", endpoint_url=target.base, verify=target.certificate, **account, **more)


def life(target):
    name, objects, bucket = target.name, connect(target), {"Bucket": "boto3-bucket"}
    put = partial(objects.put_object, **bucket)
    get = partial(objects.get_object, **bucket)
    data = os.urandom(BIG)
    yield f"{name}create_bucket", "200", lambda: status(objects.create_bucket(**bucket))
    yield f"{name}put_object", "200", lambda: status(put(Key="a b+c&d/é", Body=b"text"))
    yield f"{name}get_object", "b'text'", lambda: str(get(Key="a b+c&d/é")["Body"].read())
    about = {"ContentType": "image/x-test", "Metadata": {"colour": "blue"}}
    yield f"{name}type and metadata", "image/x-test blue", lambda: (put(Key="typed", Body=b"x", **about), described(objects))[1]
    yield f"{name}put_object, 20 MB", "True", lambda: (put(Key="big", Body=data), str(get(Key="big")["Body"].read() == data))[1]
    upload = partial(objects.upload_fileobj, Bucket="boto3-bucket", Key="parts")
    yield f"{name}upload_fileobj, 20 MB", "True", lambda: (upload(io.BytesIO(data)), str(get(Key="parts")["Body"].read() == data))[1]
    copy = partial(objects.copy_object, **bucket, CopySource={**bucket, "Key": "a b+c&d/é"})
    yield f"{name}copy_object", "b'text'", lambda: (copy(Key="copy"), str(get(Key="copy")["Body"].read()))[1]
    yield f"{name}list_objects_v2", "a b+c&d/é big copy parts typed", lambda: listed(objects.list_objects_v2(**bucket))
    yield f"{name}list_objects", "a b+c&d/é big copy parts typed", lambda: listed(objects.list_objects(**bucket))
    yield f"{name}delete_object", "204", lambda: status(objects.delete_object(**bucket, Key="big"))
    many = {"Objects": [{"Key": key} for key in ["copy", "parts", "a b+c&d/é"]]}
    yield f"{name}delete_objects", "3", lambda: str(len(objects.delete_objects(**bucket, Delete=many)["Deleted"]))
    yield f"{name}list, one left", "typed", lambda: listed(objects.list_objects_v2(**bucket))
    wrong = connect(target, SECRET.lower())
    refused = "403 SignatureDoesNotMatch"
    yield f"{name}wrong secret", refused, partial(told, lambda: wrong.get_object(**bucket, Key="typed"))
    spoilt = partial(wrong.put_object, **bucket, Key="typed", Body=b"worm")
    yield f"{name}wrong secret, put", refused, partial(told, spoilt)


def presigned(target):
    version_4 = connect(target, config=Config(signature_version="s3v4"))
    for name, objects, expected in [
        ("", connect(target), ["400 InvalidRequest, set s3v4"] * 2),
        (", s3v4", version_4, ["200", "200 text"]),
    ]:
        about = {"Bucket": "boto3-bucket", "Key": "a b/url+"}
        put, get = (objects.generate_presigned_url(method, about) for method in ("put_object", "get_object"))
        yield f"{target.name}presigned PUT{name}", expected[0], partial(fetch, target, put, "PUT", b"text")
        yield f"{target.name}presigned GET{name}", expected[1], partial(fetch, target, get)
    changed = version_4.generate_presigned_url("get_object", {"Bucket": "boto3-bucket", "Key": "typed"}).replace("typed", "a%20b")
    yield f"{target.name}presigned GET, changed", "403 SignatureDoesNotMatch", partial(fetch, target, changed)


def described(objects) -> str:
    head = objects.head_object(Bucket="boto3-bucket", Key="typed")
    return f"{head['ContentType']} {head['Metadata'].get('colour')}"


def lists(target):
    name, objects, bucket = target.name, connect(target), {"Bucket": "boto3-lists"}
    # XML cannot hold the last two, so that the list has to write them as a URL does.
    keys = ["a b/c+d", "a/b", "é/ü", "k=v&w", "%2F", "plain", "z\x01", "z\uffff"]
    for method in ("list_objects", "list_objects_v2"):
        yield f"{name}{method}, in pages", " ".join(sorted(keys, key=str.encode)), partial(told, partial(pages, objects, method, keys))
    folders = partial(objects.list_objects_v2, **bucket, Delimiter="/", Prefix="a")
    yield f"{name}list, folders", "a b/ a/", lambda: " ".join(prefix["Prefix"] for prefix in folders()["CommonPrefixes"])
    ranged = partial(objects.get_object, **bucket, Key="plain", Range="bytes=1-2")
    yield f"{name}a range", "b'ex'", lambda: str(ranged()["Body"].read())
    yield f"{name}list, no bucket", "404", partial(told, partial(objects.list_objects_v2, Bucket="boto3-nowhere"))
    yield f"{name}create_bucket, bad name", "400", partial(told, partial(objects.create_bucket, Bucket="-bad-"))
    policy = partial(objects.delete_bucket_policy, **bucket)
    yield f"{name}delete_bucket_policy", "501", partial(told, policy)
    yield f"{name}the bucket is still there", "200", lambda: status(objects.head_bucket(**bucket))


def pages(objects, method: str, keys: list[str]) -> str:
    if method == "list_objects":
        objects.create_bucket(Bucket="boto3-lists")
        for key in keys:
            objects.put_object(Bucket="boto3-lists", Key=key, Body=b"text")
    paginate = objects.get_paginator(method).paginate
    found = paginate(Bucket="boto3-lists", PaginationConfig={"PageSize": 2})
    return " ".join(entry["Key"] for page in found for entry in page["Contents"])


def listed(page: dict) -> str:
    return " ".join(entry["Key"] for entry in page["Contents"])


def status(response: dict) -> str:
    return str(response["ResponseMetadata"]["HTTPStatusCode"])


def unsafe(target):
    """Requests with a right signature that the S3 server must not take: s3s would not read the body to its end."""
    form = ["--request", "POST", "--header", "content-type: multipart/form-data; boundary=x", "--data", "--x--"]
    text = ["--request", "PUT", "--header", "content-type: text/plain", "--data", "text"]
    for name, expected, path, sent in [
        ("an HTML form", "501", "/boto3-bucket", form),
        ("an HTML form, as a bulk deletion", "501", "/boto3-bucket?delete=", form),
        ("a key in another bucket", "400", "/boto3-bucket/..%2Fother", text),
        ("a copy from another bucket", "400", "/boto3-bucket/copy", ["--request", "PUT", *source("boto3-bucket/../x")]),
    ]:
        yield f"{target.name}curl, {name}", expected, partial(run, target, *signed(target, path), *sent)


def source(key: str) -> list[str]:
    return ["--header", f"x-amz-copy-source: {key}"]


def signed(target, path: str) -> list[str]:
    trusted = ["--cacert", target.certificate] if target.certificate else []
    shown = ["--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]
    account = ["--aws-sigv4", f"aws:amz:{REGION}:s3", "--user", f"{ACCESS_KEY_ID}:{SECRET}"]
    unsigned = ["--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
    return ["curl", "--disable", *shown, *trusted, *account, *unsigned, target.base + path]
