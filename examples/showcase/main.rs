//! Shows the crate at work: three schemes, a route for each, a page for browsers, and curl commands to try.
//!
//! ```text
//! cargo showcase
//! cargo showcase --listen 127.0.0.1:4000
//! ```

mod commands;
mod listen;
mod page;
mod schemes;

use std::error::Error;
use std::process::ExitCode;

async fn run() -> Result<(), Box<dyn Error>> {
    let listener = listen::listen().await?;
    let commands = commands::commands(listener.local_addr()?);
    let app = schemes::routes()?.merge(page::routes(format!("{commands}\n"))?);
    println!("{commands}");
    Ok(axum::serve(listener, app).await?)
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
