//! The random numbers of the simulation: the Mersenne Twister MT19937, as Python's `random` draws from it. So a program
//! in Python can simulate the same owners.

const N: usize = 624;
const M: usize = 397;

pub(crate) struct Mersenne {
    state: [u32; N],
    next: usize,
}

impl Mersenne {
    /// Seeds the generator with a number of 32 bits, as `init_by_array` does with an array of that one number.
    pub(crate) fn new(seed: u32) -> Self {
        let mut state = [0; N];
        state[0] = 19_650_218_u32;
        for i in 1..N {
            state[i] = mixed(state[i - 1])
                .wrapping_mul(1_812_433_253)
                .wrapping_add(u32::try_from(i).unwrap());
        }
        let mut i = 1;
        for _ in 0..N {
            let mixed = mixed(state[i - 1]).wrapping_mul(1_664_525);
            state[i] = (state[i] ^ mixed).wrapping_add(seed);
            i = following(i, &mut state);
        }
        for _ in 0..N - 1 {
            let mixed = mixed(state[i - 1]).wrapping_mul(1_566_083_941);
            state[i] = (state[i] ^ mixed).wrapping_sub(u32::try_from(i).unwrap());
            i = following(i, &mut state);
        }
        state[0] = 0x8000_0000;
        Self { state, next: N }
    }

    fn number(&mut self) -> u32 {
        if self.next >= N {
            self.twist();
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    fn twist(&mut self) {
        for i in 0..N {
            let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7fff_ffff);
            let odd = if y % 2 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + M) % N] ^ (y >> 1) ^ odd;
        }
        self.next = 0;
    }

    /// A number from 0 to 1.
    pub(crate) fn random(&mut self) -> f64 {
        let (high, low) = (self.number() >> 5, self.number() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    pub(crate) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.random()
    }

    /// How often a mistyped login is mistyped: 1, 1, 1, 2 or 3 times.
    pub(crate) fn mistakes(&mut self) -> u32 {
        loop {
            let chosen = self.number() >> 29;
            if let Some(mistakes) = [1, 1, 1, 2, 3].get(chosen as usize) {
                return *mistakes;
            }
        }
    }
}

const fn mixed(word: u32) -> u32 {
    word ^ (word >> 30)
}

fn following(i: usize, state: &mut [u32; N]) -> usize {
    if i + 1 < N {
        return i + 1;
    }
    state[0] = state[N - 1];
    1
}

#[test]
fn the_generator_draws_the_numbers_of_python() {
    let mut random = Mersenne::new(1);
    let drawn = [random.random(), random.random(), random.random()];
    let expected = [
        0.134_364_244_112_401_22,
        0.847_433_736_937_232_7,
        0.763_774_618_976_614,
    ];
    assert_eq!(drawn, expected);
}
