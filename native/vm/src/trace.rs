// SPDX-License-Identifier: MIT OR Apache-2.0
//! Turns the FVM's flat list of execution events into the tree the Lotus API shows, as CBOR tuples.
//! src/bridge/vm_trace.cpp reads this form.

use std::vec::IntoIter;

use cid::Cid;
use fvm::gas::GasCharge;
use fvm::kernel::SyscallError;
use fvm::trace::{ExecutionEvent, ExecutionTrace, IpldOperation};
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::strict_bytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::{ErrorNumber, ExitCode};
use fvm_shared::state::ActorState;
use fvm_shared::{ActorID, MethodNum};

#[derive(Serialize_tuple)]
struct Charge {
    name: String,
    total_gas: u64,
    compute_gas: u64,
    storage_gas: u64,
    duration_ns: u64,
}

#[derive(Serialize_tuple)]
struct Sent {
    from: Address,
    to: Address,
    value: TokenAmount,
    method: MethodNum,
    #[serde(with = "strict_bytes")]
    params: Vec<u8>,
    codec: u64,
    gas_limit: u64,
    read_only: bool,
}

#[derive(Serialize_tuple)]
struct Returned {
    exit_code: ExitCode,
    #[serde(with = "strict_bytes")]
    data: Vec<u8>,
    codec: u64,
}

#[derive(Serialize_tuple)]
struct Invoked {
    id: ActorID,
    state: ActorState,
}

#[derive(Serialize_tuple)]
struct Touched {
    put: bool,
    cid: Cid,
    size: u64,
}

#[derive(Serialize_tuple)]
struct Call {
    sent: Sent,
    returned: Returned,
    invoked: Option<Invoked>,
    charges: Vec<Charge>,
    subcalls: Vec<Call>,
    logs: Vec<String>,
    ipld: Vec<Touched>,
}

fn charge(charge: GasCharge) -> Charge {
    let elapsed = charge.elapsed.get().copied().unwrap_or_default();
    Charge {
        total_gas: charge.total().round_up(),
        compute_gas: charge.compute_gas.round_up(),
        storage_gas: charge.other_gas.round_up(),
        duration_ns: u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX),
        name: charge.name.into_owned(),
    }
}

fn returned(exit_code: ExitCode, data: Option<IpldBlock>) -> Returned {
    let block = data.unwrap_or_default();
    Returned {
        exit_code,
        data: block.data,
        codec: block.codec,
    }
}

/// A call that never reached the receiver still has an exit code on chain.
fn refused(error: &SyscallError) -> Returned {
    let code = match error.1 {
        ErrorNumber::InsufficientFunds => ExitCode::SYS_INSUFFICIENT_FUNDS,
        ErrorNumber::NotFound => ExitCode::SYS_INVALID_RECEIVER,
        _ => ExitCode::SYS_ASSERTION_FAILED,
    };
    returned(code, None)
}

/// Reads events up to the end of the call that `sent` began. None when the list ends before that.
fn call(sent: Sent, charges: Vec<Charge>, events: &mut IntoIter<ExecutionEvent>) -> Option<Call> {
    let mut this = Call {
        sent,
        returned: returned(ExitCode::OK, None),
        invoked: None,
        charges,
        subcalls: Vec::new(),
        logs: Vec::new(),
        ipld: Vec::new(),
    };
    while let Some(event) = events.next() {
        match event {
            ExecutionEvent::Call { .. } => {
                this.subcalls
                    .push(call(sent_by(event)?, Vec::new(), events)?);
            }
            ExecutionEvent::InvokeActor { id, state } => {
                this.invoked = Some(Invoked { id, state });
            }
            ExecutionEvent::CallReturn(exit_code, data) => {
                this.returned = returned(exit_code, data);
                return Some(this);
            }
            ExecutionEvent::CallError(error) => {
                this.returned = refused(&error);
                return Some(this);
            }
            ExecutionEvent::GasCharge(gas) => this.charges.push(charge(gas)),
            ExecutionEvent::Log(line) => this.logs.push(line),
            ExecutionEvent::Ipld { op, cid, size } => this.ipld.push(Touched {
                put: op == IpldOperation::Put,
                cid,
                size: size as u64,
            }),
            _ => {}
        }
    }
    None
}

fn sent_by(event: ExecutionEvent) -> Option<Sent> {
    let ExecutionEvent::Call {
        from,
        to,
        method,
        params,
        value,
        gas_limit,
        read_only,
    } = event
    else {
        return None;
    };
    let params = params.unwrap_or_default();
    Some(Sent {
        from: Address::new_id(from),
        to,
        value,
        method,
        params: params.data,
        codec: params.codec,
        gas_limit,
        read_only,
    })
}

fn tree(events: ExecutionTrace) -> Option<Call> {
    let mut events = events.into_iter();
    let mut before = Vec::new();
    loop {
        match events.next()? {
            ExecutionEvent::GasCharge(gas) => before.push(charge(gas)),
            event @ ExecutionEvent::Call { .. } => {
                return call(sent_by(event)?, before, &mut events);
            }
            _ => {}
        }
    }
}

/// Empty when nothing was traced. A trace informs people; one that cannot be built is left out.
pub fn encode_trace(events: ExecutionTrace) -> Vec<u8> {
    if events.is_empty() {
        return Vec::new();
    }
    tree(events)
        .and_then(|call| fvm_ipld_encoding::to_vec(&call).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fvm::gas::Gas;

    fn call_event() -> ExecutionEvent {
        ExecutionEvent::Call {
            from: 1,
            to: Address::new_id(2),
            method: 0,
            params: None,
            value: TokenAmount::default(),
            gas_limit: 9,
            read_only: false,
        }
    }

    #[test]
    fn events_nest_by_call_and_return() {
        let end = || ExecutionEvent::CallReturn(ExitCode::OK, None);
        let root = tree(vec![
            ExecutionEvent::GasCharge(GasCharge::new("before", Gas::new(1), Gas::new(2))),
            call_event(),
            call_event(),
            call_event(),
            end(),
            end(),
            ExecutionEvent::Log("line".into()),
            call_event(),
            end(),
            end(),
        ])
        .unwrap();
        assert_eq!(root.charges.len(), 1);
        assert_eq!(root.charges[0].total_gas, 3);
        assert_eq!(root.subcalls.len(), 2);
        assert_eq!(root.subcalls[0].subcalls.len(), 1);
        assert_eq!(root.logs, vec!["line".to_string()]);
    }

    #[test]
    fn an_unfinished_list_has_no_tree() {
        assert!(tree(vec![call_event()]).is_none());
    }
}
