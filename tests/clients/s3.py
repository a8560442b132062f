"""boto3's S3 client, as the cases need it."""

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from server import ACCESS_KEY_ID, REGION, SECRET


def client(base: str, key: str = ACCESS_KEY_ID, secret: str = SECRET, certificate: str | None = None, **config):
    options = {"addressing_style": "path", **config}
    return boto3.client(
        "s3",
        endpoint_url=base,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        verify=certificate,
        # A refusal may end the connection while a body is on its way (RFC 9112 section 9.6): then once more.
        config=Config(signature_version="s3v4", s3=options, retries={"total_max_attempts": 2}),
    )


def told(act) -> str:
    """What came of it, in a few words: the status of a refusal, with the code of a 403, or what `act` says."""
    try:
        return str(act())
    except ClientError as error:
        status = str(error.response["ResponseMetadata"]["HTTPStatusCode"])
        return f"{status} {error.response['Error']['Code']}" if status == "403" else status
