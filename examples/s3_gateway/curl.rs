//! Prints commands to try the server, with curl 7.75 or later.

use std::net::SocketAddr;

/// The options that sign a request. The field says that the signature does not cover the body.
const SIGN: &str = "--aws-sigv4 aws:amz:us-east-1:s3 -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD'";

/// The access key. The shell reads it from the variables that the server has read, so the server prints no secret.
const OWNER: &str = r#"-u "$ACCESS_KEY_ID:$SECRET_ACCESS_KEY""#;

/// Prints arguments of curl with their answers. In the arguments, `SERVER` stands for the server, `SIGN` for the options
/// that sign, and `OWNER` for the access key.
pub(crate) fn print(tries: &[(&str, &str)], address: SocketAddr) {
    for (arguments, answer) in tries {
        let arguments = arguments.replace("SERVER", &format!("http://{address}"));
        let arguments = arguments.replace("SIGN", SIGN).replace("OWNER", OWNER);
        println!("    curl -i {arguments}\n        {answer}");
    }
    println!();
}
