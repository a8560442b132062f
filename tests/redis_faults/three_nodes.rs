//! Tests what three nodes promise together, over a real server and without a fault.

use std::net::Ipv4Addr;

use tokio::runtime::{Builder, Runtime};

use crate::my_turn;
use crate::node::{NEWCOMER, Node};
use crate::support::{PASSWORD, RedisServer, USER, WRONG, Watchdog};
use crate::way::{Client, Way};

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
fn a_login_of_each_way_is_accepted_once_by_three_nodes() {
    let _turn = my_turn();
    let _watchdog = Watchdog::start("10,002 requests are answered");
    let server = RedisServer::start();
    let (runtime, [one, two, three]) = start(&server);
    let (mut tries, mut admitted, mut late) = (0, 0, 0);
    let client = Client::new(USER, PASSWORD, HOME);
    runtime.block_on(async {
        for number in 0..LOGINS {
            let way = Way::ALL[(number % 5) as usize];
            let made = client.credentials(way, &one, &mut Vec::new()).await;
            let Some(login) = made.first() else {
                late += 1;
                continue;
            };
            let send = async |node: &Node| node.ask(way, HOME, login).await;
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
        "{tries} tries at three nodes with {LOGINS} logins: {admitted} admitted, and {late} logins with a 503"
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
        let client = Client::new(NEWCOMER, password, from);
        let made = client.credentials(Way::Digest, node, &mut Vec::new()).await;
        let answer = node.ask(Way::Digest, from, &made[0]).await;
        answer.status.as_u16()
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
