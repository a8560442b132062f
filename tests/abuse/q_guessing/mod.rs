//! Q. Guessing, continued. The cases about budgets have their tests beside those of `throttle`.

mod cut_off;
mod full_store;
mod unreserved;
