//! `strongroom clock`: the service clock of a running development server.

use super::{Failure, show};
use crate::{
    admin::{self, Request},
    cli::{ClockCommand, Folder},
};

pub(super) fn run(command: ClockCommand) -> Result<(), Failure> {
    match command {
        ClockCommand::Advance { span, folder } => carry_out(
            &folder,
            &Request::ClockAdvance {
                millis: span.as_millis(),
            },
        ),
        ClockCommand::Show { folder } => carry_out(&folder, &Request::ClockShow),
    }
}

fn carry_out(folder: &Folder, request: &Request) -> Result<(), Failure> {
    let place = folder.data_dir.display();
    let answer = admin::ask(&folder.data_dir, request)
        .map_err(Failure::new)?
        .ok_or_else(|| {
            Failure::new(format_args!(
                "no development server runs on {place}; start one with `strongroom dev --data-dir \
             {place}`"
            ))
        })?;
    show(&answer, folder.output);
    Ok(())
}
