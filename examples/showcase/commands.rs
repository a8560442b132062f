//! The text for a terminal: curl commands, and their answers.

use std::net::SocketAddr;

pub(crate) fn commands(address: SocketAddr) -> String {
    format!(
        r#"tower-challenge: see which requests it admits and which it refuses. Open
http://{address}/ in a browser, or paste the commands into another terminal.

BASIC  a name and a password with every request
    curl -i -u ada:lovelace http://{address}/basic
        200: hello ada
    curl -i http://{address}/basic
        401: WWW-Authenticate: Basic realm="showcase", charset="UTF-8"
    curl -i -u ada:babbage http://{address}/basic
        401: the wrong password

DIGEST  a proof of the password, good for one request
    curl -i --digest -u ada:lovelace http://{address}/digest
        200: a 401 with a nonce, then hello ada. Authentication-Info proves that the server knows the password, too
    curl -i --basic -u ada:lovelace http://{address}/digest
        401: this route does not offer Basic, so even the right password is refused

BEARER  a token, without a password
    curl -i -H 'Authorization: Bearer r3ad' http://{address}/bearer
        200: hello robot
    curl -i -H 'Authorization: Bearer stolen' http://{address}/bearer
        401: error="invalid_token"
    curl -i -H 'Authorization: Bearer r3ad' -X POST http://{address}/bearer/write
        403: error="insufficient_scope", scope="write"
    curl -i -H 'Authorization: Bearer wr1te' -X POST http://{address}/bearer/write
        200: hello robot

ALL THREE  the client chooses the scheme
    curl -i http://{address}/all
        401: a challenge for each scheme, strongest first
    curl -i --anyauth -u grace:hopper http://{address}/all
        200: hello grace, by Digest
    curl -i -H 'Authorization: Basic Z3JhY2U6aG9wcGVy' -H 'Authorization: Bearer r3ad' http://{address}/all
        400: two credentials fields; the layer does not guess which one is meant

listening on http://{address}"#
    )
}
