//! The table: a row for each case, with its floor and its peers below it.

use super::cases::{Case, Goal, Most};
use super::contender::{CHECK, HASHES, OURS};
use super::measures::callgrind::Count;
use super::measures::{callgrind, steps, times};

/// A row: the figures of one contender.
struct Row {
    name: String,
    count: Count,
    real: Option<u64>,
    ratio: Option<f64>,
}

pub(crate) fn print_head() {
    let [case, callgrind, allocations, real, ratio, goal] = [
        "case",
        "callgrind",
        "allocations",
        "real",
        "time/floor",
        "goal",
    ];
    println!("{case:54} {callgrind:>9} {allocations:>11} {real:>9} {ratio:>10}  {goal}");
}

/// Measures `case` and prints its rows.
pub(crate) fn print_case(case: &Case) {
    let names = times::measure(case.name).into_iter();
    let mut counts = callgrind::count(case).into_iter();
    let steps = (!case.is_long).then(|| steps::count(case.name)).flatten();
    let mut steps = steps.map(Vec::into_iter);
    let rows = names.map(|(name, ratio)| Row {
        name,
        count: counts.next().expect("callgrind counts every contender"),
        real: steps.as_mut().and_then(Iterator::next),
        ratio,
    });
    let rows = rows.collect::<Vec<_>>();
    for row in &rows {
        row.print(case, &rows);
    }
}

impl Row {
    fn print(&self, case: &Case, rows: &[Self]) {
        let is_ours = self.name == OURS;
        let name = if is_ours {
            case.name.to_owned()
        } else {
            format!("    {}", self.name)
        };
        let goal = case.goal.filter(|_| is_ours);
        let line = format!(
            "{name:54} {:>9} {:>11} {:>9} {:>10}  {}",
            grouped(self.count.instructions),
            self.count.allocations,
            self.real.map_or("-".to_owned(), grouped),
            self.ratio
                .map_or("-".to_owned(), |ratio| format!("{ratio:.2}")),
            goal.map_or(String::new(), |goal| self.judged(goal, rows)),
        );
        println!("{}", line.trim_end());
    }

    /// The text for the column `goal`: the goal, and whether the row meets it.
    fn judged(&self, goal: Goal, rows: &[Self]) -> String {
        let ours = self.count.instructions;
        let of = |name| {
            let row = rows.iter().find(|row| row.name == name);
            row.map_or(0, |row| row.count.instructions)
        };
        let (is_few, most) = match goal.most {
            Most::Instructions(most) => (ours <= most, grouped(most)),
            Most::BeyondHashes(most) => {
                let beyond = ours.saturating_sub(of(HASHES));
                let text = format!("{} beyond its hashes ({})", grouped(most), grouped(beyond));
                (beyond <= most, text)
            }
            Most::TimesCheck(most) => {
                let times = ratio(ours, of(CHECK));
                let text = format!("{most} x its signature check ({times:.3})");
                (times <= most, text)
            }
        };
        let fits = goal
            .allocations
            .is_none_or(|most| self.count.allocations <= most);
        let verdict = if is_few && fits { "met" } else { "missed" };
        let allocations = goal.allocations.map(|most| format!(", {most} allocations"));
        format!("{verdict}: <= {most}{}", allocations.unwrap_or_default())
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of instructions are far below 2^52"
)]
fn ratio(ours: u64, check: u64) -> f64 {
    ours as f64 / check as f64
}

/// Formats a number with a space between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
