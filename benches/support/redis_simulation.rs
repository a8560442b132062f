//! Estimates how many servers a large service needs, from measured costs and a model of the keys.
//!
//! The store has 64 parts, and all keys of a part have the same hash tag. A cluster assigns each tag to a node by its CRC16,
//! so the parts spread unevenly. The model assigns them as a cluster does, and looks at the node with the most parts: it
//! breaks first.

/// The cost of one operation for the server.
#[derive(Clone, Copy, Default)]
pub(crate) struct OperationCost {
    /// Microseconds of processor time for each call.
    pub(crate) processor: f64,
    /// Bytes for each key that it makes.
    pub(crate) memory: f64,
}

/// The costs of all operations, as the bench has measured them.
#[derive(Clone, Copy, Default)]
pub(crate) struct MeasuredCosts {
    /// The key of a nonce with a few counts takes as much memory.
    pub(crate) claim_once: OperationCost,
    pub(crate) claim_count: OperationCost,
    pub(crate) reserve_familiar: OperationCost,
    pub(crate) reserve_unfamiliar: OperationCost,
    /// Each of the two calls of a login from an unfamiliar location, and the record that the login makes.
    pub(crate) first_login: OperationCost,
    /// Each of the two calls of a login from a familiar location.
    pub(crate) login_again: OperationCost,
    /// Microseconds of processor time for one look at a server.
    pub(crate) look: f64,
}

/// A service, and the load in its busiest hour.
struct Service {
    processes: f64,
    accounts: f64,
    /// How often each account logs in with Digest in a day, on average.
    logins_per_day: f64,
    /// How many requests follow a login with the same nonce. Each has a reservation, a claim and a settlement.
    requests_per_login: f64,
    /// How much more comes in the busiest hour than on average.
    peak: f64,
    /// The part of logins with a wrong password, and the part of these that come from an unfamiliar location.
    mistypes: f64,
    unfamiliar: f64,
    /// The seconds for which a nonce lives.
    nonce_life: f64,
}

const SERVICE: Service = Service {
    processes: 100.0,
    accounts: 10e6,
    logins_per_day: 10.0,
    requests_per_login: 10.0,
    peak: 3.0,
    mistypes: 0.05,
    unfamiliar: 0.2,
    nonce_life: 300.0,
};

const DAY: f64 = 86_400.0;
const PARTS: u32 = 64;

/// A failure of an unfamiliar location is remembered for so many seconds.
const FAILURE_LIFE: f64 = 2.0 * DAY;

/// Prints the load of the node with the most parts, for clusters of several sizes.
pub(crate) fn print_estimate(costs: &MeasuredCosts) {
    let service = &SERVICE;
    let logins = service.accounts * service.logins_per_day / DAY * service.peak;
    let requests = logins * service.requests_per_login;
    let wrong = logins * service.mistypes * service.unfamiliar;
    let commands = 3.0 * requests + 2.0 * wrong;
    let of_request = 2.0 * costs.login_again.processor + costs.claim_count.processor;
    let cores = (requests * of_request + wrong * costs.reserve_unfamiliar.processor) / 1e6;
    let nonces = logins * service.nonce_life * costs.claim_once.memory;
    let failures_in_memory = wrong / service.peak * FAILURE_LIFE;
    let familiar = service.accounts * costs.first_login.memory;
    let failures = failures_in_memory * costs.reserve_unfamiliar.memory;
    println!(
        "\nestimate for {:.0} processes and {:.0} million accounts, in the busiest hour: {logins:.0} logins and {requests:.0} \
         requests a second",
        service.processes,
        service.accounts / 1e6,
    );
    println!(
        "memory: familiar locations {:.2} GB, {:.1} million accounts with failures {:.2} GB, nonces {:.2} GB",
        familiar / 1e9,
        failures_in_memory / 1e6,
        failures / 1e9,
        nonces / 1e9,
    );
    println!(
        "nodes: on the fullest of them, parts; commands a second; cores; memory in GB; requests a second until it is busy"
    );
    for nodes in [1, 3, 6, 12, 24] {
        let fullest = fullest_node(nodes);
        let share = f64::from(fullest) / f64::from(PARTS);
        // A process looks at a single server with one call, and at a cluster with a call for each part.
        let looks = if nodes == 1 { 1.0 } else { f64::from(fullest) };
        let busy = cores * share + service.processes * looks * costs.look / 1e6;
        println!(
            "{nodes:>2}: {fullest:>2}; {:>6.0}; {busy:.2}; {:.2}; {:.0}",
            commands * share + service.processes * looks,
            (familiar + failures + nonces) * share / 1e9,
            requests / busy,
        );
    }
}

/// How many parts the node with the most parts has, in a cluster that divides the slots evenly.
fn fullest_node(nodes: u32) -> u32 {
    let mut parts = vec![0; usize::try_from(nodes).unwrap()];
    for part in 0..PARTS {
        let slot = u32::from(crc16(format!("{part:02x}").as_bytes()) % 16_384);
        parts[usize::try_from(slot * nodes / 16_384).unwrap()] += 1;
    }
    parts.into_iter().max().unwrap()
}

/// CRC-16/XMODEM, by which a cluster finds the slot of a hash tag.
fn crc16(bytes: &[u8]) -> u16 {
    let mut crc = 0_u16;
    for byte in bytes {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= 0x1021;
            }
        }
    }
    crc
}
