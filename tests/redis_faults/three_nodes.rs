//! Tests what three nodes promise together, over a real server and without a fault.

use std::net::Ipv4Addr;

use tokio::runtime::{Builder, Runtime};

use crate::my_turn;
use crate::node::{NEWCOMER, Node};
use crate::support::{Login, PASSWORD, RedisServer, USER, WRONG, Watchdog};

const HOME: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);

/// Each is sent to three nodes, so there are 10,002 tries.
const LOGINS: u32 = 3_334;

fn start(server: &RedisServer) -> (Runtime, [Node; 3]) {
    let runtime = { Builder::new_multi_thread() }
        .enable_all()
        .build()
        .unwrap();
    let nodes = runtime.block_on(async {
        let nodes = [(); 3].map(|()| Node::start(&server.url()));
        for node in &nodes {
            node.store.ready().await.unwrap();
        }
        nodes
    });
    (runtime, nodes)
}

#[test]
fn a_nonce_with_a_count_is_accepted_once_by_three_nodes() {
    let _turn = my_turn();
    let _watchdog = Watchdog::start("10,002 requests are answered");
    let server = RedisServer::start();
    let (runtime, [one, two, three]) = start(&server);
    let (mut tries, mut admitted, mut late) = (0, 0, 0);
    runtime.block_on(async {
        for number in 0..LOGINS {
            let one_time = number % 2 == 0;
            let Some(challenge) = one.ask(one_time, HOME, None).await.challenge else {
                late += 1;
                continue;
            };
            let login = Login::to(&challenge, USER, PASSWORD).header();
            let send = async |node: &Node| node.ask(one_time, HOME, Some(&login)).await;
            let (a, b, c) = tokio::join!(send(&one), send(&two), send(&three));
            let all = [a, b, c];
            let count = all.iter().filter(|answer| answer.status == 200).count();
            let is_late = all.iter().any(|answer| answer.status == 503);
            assert!(
                count == 1 || count == 0 && is_late,
                "login {number}: {count}"
            );
            tries += all.len();
            admitted += count;
            late += u32::from(is_late);
        }
    });
    println!(
        "{tries} tries at three nodes with {LOGINS} nonces: {admitted} admitted, and {late} logins with a 503"
    );
    // On a busy machine, Redis may answer too late for a few.
    assert!(late < LOGINS / 10, "{late} logins got a 503");
}

#[test]
fn a_lock_on_one_node_holds_on_all() {
    let _turn = my_turn();
    let _watchdog = Watchdog::start("the account is locked");
    let server = RedisServer::start();
    let (runtime, nodes) = start(&server);
    let guess = async |node: &Node, number: u8, password: &str| {
        let from = Ipv4Addr::new(203, 0, number, 1);
        let challenge = node.ask(false, from, None).await.challenge.unwrap();
        let login = Login::to(&challenge, NEWCOMER, password);
        node.ask(false, from, Some(&login.header()))
            .await
            .status
            .as_u16()
    };
    runtime.block_on(async {
        let mut compared = 0;
        for number in 0..40 {
            let password = format!("{WRONG} {number}");
            compared += u32::from(guess(&nodes[0], number, &password).await == 401);
        }
        assert_eq!(compared, 20, "the limit of the account");
        for (number, node) in (100..).zip(&nodes) {
            assert_eq!(
                guess(node, number, NEWCOMER).await,
                429,
                "the right password"
            );
        }
    });
    println!("20 of 40 guesses at one node were compared, and three nodes refused the account");
}
