//! Tests signed bodies, and forged ones.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};

use crate::support::sigv4::{Frames, SignedStand, Signer, ask, hex, signature_of, with};

const CHUNKS: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const CHUNKS_AND_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const UNSIGNED_CHUNKS: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// Returns the head of an upload of `length` bytes in chunks.
fn upload(payload: &str, length: usize) -> Request<Bytes> {
    let request = with(ask("PUT", "/a", ""), "content-encoding", "aws-chunked");
    let request = with(request, "x-amz-decoded-content-length", &length.to_string());
    if payload == CHUNKS {
        return request;
    }
    with(request, "x-amz-trailer", "x-amz-checksum-crc32")
}

/// Returns an upload of `data` in signed chunks, and the signature of the last chunk.
fn signed_upload(payload: &str, data: &[&[u8]]) -> (Request<Bytes>, String) {
    let signer = Signer::of("s3").payload(payload);
    let length = data.iter().map(|chunk| chunk.len()).sum();
    let mut request = signer.sign(upload(payload, length));
    let chunks = [data, &[b""]].concat();
    let (body, last) = signer.chunks(&signature_of(&request), &chunks);
    *request.body_mut() = body.into();
    (request, last)
}

fn append_to_body(mut request: Request<Bytes>, more: impl AsRef<[u8]>) -> Request<Bytes> {
    *request.body_mut() = [request.body(), more.as_ref()].concat().into();
    request
}

fn with_body(mut request: Request<Bytes>, body: impl Into<Bytes>) -> Request<Bytes> {
    *request.body_mut() = body.into();
    request
}

/// The CRC-32 of `a`, 8010 times.
const CRC32_OF_A: &str = "dY/7zw==";

fn a(length: usize) -> Vec<u8> {
    vec![b'a'; length]
}

#[test]
fn a084_the_layer_passes_each_chunk_on_after_it_has_verified() {
    let stand = SignedStand::of("s3");
    let (first, second) = (a(8192), b"the rest".to_vec());
    let (request, _) = signed_upload(CHUNKS, &[&first, &second]);
    let request = append_to_body(request, "\r\n");
    for size in [1, 7, 100, 8192, 100_000] {
        let (head, body) = request.clone().into_parts();
        let seen = stand.send_frames(Request::from_parts(head, Frames::cut(&body, size)));
        let seen = seen.admits("mufasa");
        assert_eq!(seen.body, [&first[..], &second].concat());
        assert_eq!(seen.head.headers["content-length"], "8200");
        assert!(!seen.head.headers.contains_key("content-encoding"));
    }
    // The second chunk is forged. The inner service may have received the first one, which verified.
    let sent = request.body().to_vec();
    let forged = String::from_utf8(sent)
        .unwrap()
        .replace("the rest", "the worm");
    let answer = stand.send(with_body(request, forged));
    let seen = answer.cuts_off(401);
    assert!(first.starts_with(&seen.body), "no byte of the second chunk");
}

#[test]
fn a084_a_forged_chain_is_cut_off_before_its_first_byte() {
    let stand = SignedStand::of("s3");
    let data = a(9000);
    let (request, _) = signed_upload(CHUNKS, &[&data]);
    let signer = Signer::of("s3");
    let forgeries = [
        // These chains begin with another seed signature.
        signer.chunks(&"0".repeat(64), &[&data, b""]).0,
        signer.chunks(&hex(&[7; 32]), &[&data, b""]).0,
        // This chain is signed with another secret.
        {
            let other = Signer {
                secret: "C4NARY/another".to_owned(),
                ..signer.clone()
            };
            other.chunks(&signature_of(&request), &[&data, b""]).0
        },
        // This chain is signed for another day.
        {
            let other = Signer {
                date: "20240704T094640Z".to_owned(),
                ..signer.clone()
            };
            other.chunks(&signature_of(&request), &[&data, b""]).0
        },
    ];
    for forged in forgeries {
        let answer = stand.send(append_to_body(with_body(request.clone(), forged), "\r\n"));
        assert!(answer.cuts_off(401).body.is_empty());
    }
    // These chunks have no signatures, as in the unsigned form.
    let bare = [b"2328\r\n".as_slice(), &data, b"\r\n0\r\n\r\n"].concat();
    assert!(
        stand
            .send(with_body(request, bare))
            .cuts_off(400)
            .body
            .is_empty()
    );
}

#[test]
fn a084_a_client_cannot_drop_reorder_or_add_chunks() {
    let stand = SignedStand::of("s3");
    let (one, two) = (a(8192), vec![b'b'; 8192]);
    let (request, _) = signed_upload(CHUNKS, &[&one, &two]);
    let sent = request.body().to_vec();
    let chunk = sent.len() - 84;
    let (first, rest) = sent.split_at(chunk / 2);
    let (second, last) = rest.split_at(chunk / 2);
    let reject = |parts: &[&[u8]]| {
        let answer = stand.send(with_body(request.clone(), parts.concat()));
        let seen = answer.cuts_off(answer.status.as_u16());
        assert!(
            [400, 401].contains(&answer.status.as_u16()),
            "{}",
            answer.status
        );
        assert!(
            seen.body.len() < 16_384,
            "the inner service never receives the whole body"
        );
    };
    stand
        .send(with_body(
            request.clone(),
            [first, second, last, b"\r\n"].concat(),
        ))
        .admits("mufasa");
    reject(&[second, first, last, b"\r\n"]);
    reject(&[first, last, b"\r\n"]);
    reject(&[first, first, last, b"\r\n"]);
    reject(&[first, second]);
    reject(&[first, second, last]);
    reject(&[first, second, last, b"\r"]);
    reject(&[first]);
    reject(&[]);
    reject(&[last, b"\r\n"]);
    reject(&[first, second, last, b"\r\n", b"x"]);
    reject(&[first, second, last, b"\r\n", first]);
}

#[test]
fn a084_a_body_of_another_length_than_signed_gets_400() {
    let stand = SignedStand::of("s3");
    let data = a(100);
    for (claimed, reason) in [
        (
            99,
            "the chunks are longer than x-amz-decoded-content-length",
        ),
        (
            101,
            "the chunks are shorter than x-amz-decoded-content-length",
        ),
        (0, "the chunks are longer than x-amz-decoded-content-length"),
        (
            1_000_000,
            "the chunks are shorter than x-amz-decoded-content-length",
        ),
    ] {
        let signer = Signer::of("s3").payload(CHUNKS);
        let head = signer.sign(upload(CHUNKS, claimed));
        let chunks = signer.chunks(&signature_of(&head), &[&data, b""]).0;
        let answer = stand.send(append_to_body(with_body(head, chunks), "\r\n"));
        answer.cuts_off(400);
        assert_eq!(answer.reason(), reason, "{claimed}");
    }
    let mut without = upload(CHUNKS, 100);
    without.headers_mut().remove("x-amz-decoded-content-length");
    stand
        .send(Signer::of("s3").payload(CHUNKS).sign(without))
        .refuses(400);
}

#[test]
fn a084_a_client_that_sends_huge_or_tiny_chunks_gets_400() {
    let stand = SignedStand::tuned("s3", |builder| builder.largest_chunk(10_000));
    let (request, _) = signed_upload(CHUNKS, &[&a(10_000)]);
    stand.send(append_to_body(request, "\r\n")).admits("mufasa");
    let (request, _) = signed_upload(CHUNKS, &[&a(10_001)]);
    assert!(
        stand
            .send(append_to_body(request, "\r\n"))
            .cuts_off(400)
            .body
            .is_empty()
    );
    // Each chunk costs two hashes, so only the last may be short.
    let (request, _) = signed_upload(CHUNKS, &[&a(8191), &a(1)]);
    stand.send(append_to_body(request, "\r\n")).cuts_off(400);
    let (request, _) = signed_upload(CHUNKS, &[&a(8192), &a(1)]);
    stand.send(append_to_body(request, "\r\n")).admits("mufasa");
}

#[test]
fn a084_a_signed_trailer_needs_its_checksum_and_signature() {
    let stand = SignedStand::of("s3");
    let data = a(8010);
    let (request, last) = signed_upload(CHUNKS_AND_TRAILER, &[&data]);
    let signer = Signer::of("s3");
    let trailer = signer.trailer(&last, "x-amz-checksum-crc32", CRC32_OF_A);
    assert_eq!(
        stand
            .send(append_to_body(request.clone(), &trailer))
            .admits("mufasa")
            .body,
        data
    );
    let empty_line_first = format!("\r\n{trailer}");
    stand
        .send(append_to_body(request.clone(), empty_line_first))
        .admits("mufasa");
    let wrong = signer.trailer(&last, "x-amz-checksum-crc32", "AAAAAA==");
    let other = signer.trailer(&last, "x-amz-checksum-sha1", CRC32_OF_A);
    let forged = signer.trailer(&"0".repeat(64), "x-amz-checksum-crc32", CRC32_OF_A);
    let unsigned = format!("x-amz-checksum-crc32:{CRC32_OF_A}\r\n\r\n");
    let twice = trailer.replacen(
        "\r\n",
        &format!("\r\nx-amz-checksum-crc32:{CRC32_OF_A}\r\n"),
        1,
    );
    for bad in [
        &wrong,
        &other,
        &forged,
        &unsigned,
        &twice,
        "",
        "\r\n",
        &trailer[..trailer.len() - 2],
    ] {
        let answer = stand.send(append_to_body(request.clone(), bad));
        assert!([400, 401].contains(&answer.status.as_u16()), "{bad}");
        answer.cuts_off(answer.status.as_u16());
    }
}

#[test]
fn a084_unsigned_chunks_need_a_setting_and_a_checksum() {
    let data = a(8010);
    let framed = |trailer: &str| {
        let chunk = [
            b"1f40\r\n".as_slice(),
            &data[..8000],
            b"\r\na\r\n",
            &data[8000..],
        ]
        .concat();
        [&chunk, b"\r\n0\r\n".as_slice(), trailer.as_bytes()].concat()
    };
    let request = Signer::of("s3")
        .payload(UNSIGNED_CHUNKS)
        .sign(upload(UNSIGNED_CHUNKS, 8010));
    let right = format!("x-amz-checksum-crc32:{CRC32_OF_A}\r\n\r\n");
    SignedStand::of("s3")
        .send(with_body(request.clone(), framed(&right)))
        .refuses(401);
    let stand = SignedStand::tuned("s3", |builder| builder.unsigned_payloads());
    assert_eq!(
        stand
            .send(with_body(request.clone(), framed(&right)))
            .admits("mufasa")
            .body,
        data
    );
    for bad in [
        "",
        "\r\n",
        "x-amz-checksum-crc32:AAAAAA==\r\n\r\n",
        "x-amz-checksum-crc32:\r\n\r\n",
        "x-amz-checksum-crc32c:dY/7zw==\r\n\r\n",
        "x-amz-meta-a:b\r\n\r\n",
        &format!("x-amz-checksum-crc32:{CRC32_OF_A}\r\nx-amz-meta-a:b\r\n\r\n"),
        &format!("x-amz-checksum-crc32:{CRC32_OF_A}\r\n"),
    ] {
        let answer = stand.send(with_body(request.clone(), framed(bad)));
        assert!([400, 401].contains(&answer.status.as_u16()), "{bad}");
        answer.cuts_off(answer.status.as_u16());
    }
}

#[test]
fn a084_a_client_that_announces_no_known_checksum_gets_400() {
    let stand = SignedStand::tuned("s3", |builder| builder.unsigned_payloads());
    for payload in [CHUNKS_AND_TRAILER, UNSIGNED_CHUNKS] {
        let mut without = upload(payload, 1);
        without.headers_mut().remove("x-amz-trailer");
        let signer = Signer::of("s3").payload(payload);
        stand.send(signer.sign(without.clone())).refuses(400);
        for name in [
            "x-amz-meta-a",
            "x-amz-checksum-md5",
            "x-amz-checksum-crc32,x-amz-meta-a",
        ] {
            stand
                .send(signer.sign(with(without.clone(), "x-amz-trailer", name)))
                .refuses(400);
        }
    }
}

#[test]
fn a084_only_s3_accepts_chunks() {
    let stand = SignedStand::tuned("execute-api", |builder| builder.unsigned_payloads());
    for payload in [
        CHUNKS,
        CHUNKS_AND_TRAILER,
        UNSIGNED_CHUNKS,
        "UNSIGNED-PAYLOAD",
    ] {
        let signer = Signer::of("execute-api").payload(payload);
        assert!(
            stand
                .send(signer.sign(upload(payload, 1)))
                .refuses(400)
                .asked
                .is_empty()
        );
    }
}

#[test]
fn a089_another_body_than_signed_is_refused() {
    for service in ["s3", "execute-api"] {
        let stand = SignedStand::of(service);
        let signed = Signer::of(service).sign(ask("PUT", "/a", "what was signed"));
        assert_eq!(
            stand.send(signed.clone()).admits("mufasa").body,
            b"what was signed"
        );
        for other in ["", "what was signe", "what was signed!", "What was signed"] {
            stand.send(with_body(signed.clone(), other)).refuses(401);
        }
        let empty = Signer::of(service).sign(ask("PUT", "/a", ""));
        stand.send(empty.clone()).admits("mufasa");
        stand.send(with_body(empty, "x")).refuses(401);
    }
}

#[test]
fn a089_a_payload_hash_is_checked_for_every_service() {
    let stand = SignedStand::of("execute-api");
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let named = Signer::of("execute-api")
        .payload(nothing)
        .sign(ask("PUT", "/a", ""));
    stand.send(named.clone()).admits("mufasa");
    stand.send(with_body(named, "x")).refuses(401);
}

#[test]
fn a089_an_unsigned_body_must_be_empty_without_a_setting() {
    let stand = SignedStand::of("s3");
    let lenient = SignedStand::tuned("s3", |builder| builder.unsigned_payloads());
    let unsigned = Signer::of("s3").payload("UNSIGNED-PAYLOAD");
    let requests = [
        unsigned.sign(ask("PUT", "/a", "")),
        unsigned.presign(ask("PUT", "/a", ""), "60"),
    ];
    for request in requests {
        stand.send(request.clone()).admits("mufasa");
        stand.send(with_body(request.clone(), "x")).refuses(401);
        assert_eq!(
            lenient.send(with_body(request, "x")).admits("mufasa").body,
            b"x"
        );
    }
}

#[test]
fn a089_s3_requires_a_known_payload_type() {
    let stand = SignedStand::tuned("s3", |builder| builder.unsigned_payloads());
    let mut without = Signer::of("s3").sign(ask("PUT", "/a", "x"));
    without.headers_mut().remove("x-amz-content-sha256");
    stand.send(without).refuses(400);
    for bad in [
        "",
        "unsigned-payload",
        "STREAMING-UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    ] {
        stand
            .send(Signer::of("s3").payload(bad).sign(ask("PUT", "/a", "x")))
            .refuses(400);
    }
}

#[test]
fn a089_a_client_that_sends_a_longer_body_gets_413() {
    use tower_challenge::clock::ManualClock;
    use tower_challenge::scheme::BodyLimits;

    let limits = |clock: ManualClock| BodyLimits::new(clock).max_length(4);
    let clock = ManualClock::new(std::time::SystemTime::UNIX_EPOCH);
    let stand = SignedStand::tuned("s3", |builder| builder.whole_bodies(limits(clock)));
    stand
        .send(Signer::of("s3").sign(ask("PUT", "/a", "1234")))
        .admits("mufasa");
    stand
        .send(Signer::of("s3").sign(ask("PUT", "/a", "12345")))
        .refuses(413);
}

fn trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    for name in ["authorization", "x-amz-acl", "x-remote-user"] {
        trailers.insert(name, HeaderValue::from_static("public-read-write"));
    }
    trailers
}

#[test]
fn a016_the_layer_drops_trailers_of_a_signed_request() {
    let stand = SignedStand::of("s3");
    let whole = Signer::of("s3").sign(ask("PUT", "/a", "body"));
    let (chunked, _) = signed_upload(CHUNKS, &[&a(10)]);
    for request in [whole, append_to_body(chunked, "\r\n")] {
        let (head, body) = request.into_parts();
        let frames = Frames::of([body]).trailers(trailers());
        let seen = stand
            .send_frames(Request::from_parts(head, frames))
            .admits("mufasa");
        assert_eq!(seen.trailers, None);
        assert!(!seen.head.headers.contains_key("x-amz-acl"));
    }
    let lenient = SignedStand::tuned("s3", |builder| builder.unsigned_payloads());
    let unsigned = Signer::of("s3").payload("UNSIGNED-PAYLOAD");
    let (head, body) = unsigned.sign(ask("PUT", "/a", "body")).into_parts();
    let frames = Frames::cut(&body, 1).trailers(trailers());
    let seen = lenient
        .send_frames(Request::from_parts(head, frames))
        .admits("mufasa");
    assert_eq!((&*seen.body, seen.trailers), (b"body".as_slice(), None));
}

#[test]
fn a016_credentials_in_trailers_are_ignored() {
    let stand = SignedStand::of("s3");
    let signed = Signer::of("s3").sign(ask("GET", "/a", ""));
    let mut trailers = HeaderMap::new();
    trailers.insert("authorization", signed.headers()["authorization"].clone());
    let (head, body) = ask("GET", "/a", "").into_parts();
    let frames = Frames::of([body]).trailers(trailers);
    stand
        .send_frames(Request::from_parts(head, frames))
        .refuses(401);
}

/// The layer must not read the body before the head has verified. With HTTP/1.1, the first read sends `100 Continue`.
#[test]
fn a098_the_layer_reads_no_body_before_the_head_has_verified() {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    struct Untouchable;

    impl http_body::Body for Untouchable {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
            panic!("the body was read")
        }
    }

    let stand = SignedStand::of("s3");
    let wrong = Signer {
        secret: "C4NARY/another".to_owned(),
        ..Signer::of("s3")
    };
    let unknown = Signer {
        id: "AKIDUNKNOWN".to_owned(),
        ..Signer::of("s3")
    };
    for signer in [wrong, unknown] {
        for payload in [CHUNKS, UNSIGNED_CHUNKS, "UNSIGNED-PAYLOAD", &hex(&[7; 32])] {
            let head = with(upload(payload, 1_000_000), "expect", "100-continue");
            let signer = signer.clone().payload(payload);
            let mut request = signer.sign(head);
            if payload == CHUNKS {
                request.headers_mut().remove("x-amz-trailer");
            }
            let (head, _) = request.into_parts();
            let request = Request::from_parts(head, Untouchable);
            stand.send_body(request).refuses(401);
        }
    }
}
