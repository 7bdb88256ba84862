//! The command line of Atoll: the only place that knows arguments and the file system.

#[cfg(not(target_arch = "wasm32"))]
mod serve;

#[cfg(not(target_arch = "wasm32"))]
mod cli {
    use std::path::PathBuf;
    use std::process::ExitCode;

    use clap::{Parser, Subcommand};

    use crate::serve;

    #[derive(Parser)]
    #[command(name = "atoll", version, about)]
    struct Arguments {
        #[command(subcommand)]
        command: Command,
    }

    #[derive(Subcommand)]
    enum Command {
        /// Serve the built page on this machine, with the headers that keep it from talking.
        Serve {
            /// Port to listen on; the next free one when busy, any free one for 0.
            #[arg(long, default_value_t = serve::PORT)]
            port: u16,
            /// The page, if not the one beside the program or in ./dist.
            #[arg(long, value_name = "FILE")]
            page: Option<PathBuf>,
        },
    }

    /// Runs what the arguments ask for.
    pub fn run() -> ExitCode {
        let Command::Serve { port, page } = Arguments::parse().command;
        match serve::serve(&serve::find(page), port) {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => {
                eprintln!("atoll: {e}");
                ExitCode::FAILURE
            }
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    cli::run()
}

/// Boundary tests build every target of the crate for wasm32, where there is no command line.
#[cfg(target_arch = "wasm32")]
fn main() {}
