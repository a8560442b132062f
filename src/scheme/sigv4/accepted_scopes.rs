//! The regions and the services that a server accepts in a credential scope.

use super::credential_scope::CredentialScope;
use crate::config_error::ConfigError;
use crate::error_params::SigV4Error;

/// The accepted regions and services. The challenge names the first of each.
#[derive(Clone, Debug)]
pub(super) struct AcceptedScopes {
    regions: Vec<String>,
    services: Vec<String>,
}

/// The place of a region and of a service in the lists of [`AcceptedScopes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScopeIndex {
    region: usize,
    service: usize,
}

impl ScopeIndex {
    /// The region and the service that the challenge names.
    pub(super) const FIRST: Self = Self {
        region: 0,
        service: 0,
    };

    /// A number that differs for most pairs of a region and a service.
    pub(super) const fn number(self) -> u64 {
        (self.region as u64).wrapping_mul(31) ^ self.service as u64
    }
}

impl AcceptedScopes {
    pub(super) fn new(scope: CredentialScope<'_>) -> Self {
        Self {
            regions: vec![scope.region.to_owned()],
            services: vec![scope.service.to_owned()],
        }
    }

    pub(super) fn add_regions(&mut self, regions: impl IntoIterator<Item = String>) {
        self.regions.extend(regions);
    }

    pub(super) fn add_services(&mut self, services: impl IntoIterator<Item = String>) {
        self.services.extend(services);
    }

    /// Returns `true` if a service that does not follow the rules of S3 is accepted.
    pub(super) fn has_other_than_s3(&self) -> bool {
        let mut services = self.services.iter();
        services.any(|service| {
            let region = "";
            !CredentialScope { region, service }.is_s3()
        })
    }

    /// Returns the region and the service that the challenge names.
    pub(super) fn first(&self) -> CredentialScope<'_> {
        self.at(ScopeIndex::FIRST)
    }

    /// Returns the region and the service at `index`, which [`find`](Self::find) has returned.
    pub(super) fn at(&self, index: ScopeIndex) -> CredentialScope<'_> {
        CredentialScope {
            region: &self.regions[index.region],
            service: &self.services[index.service],
        }
    }

    /// Finds the region and the service of a client. Upper and lower case are different.
    pub(super) fn find(&self, scope: CredentialScope<'_>) -> Result<ScopeIndex, SigV4Error> {
        let place = |list: &[String], name: &str| list.iter().position(|known| known == name);
        let region = place(&self.regions, scope.region).ok_or(SigV4Error::WrongRegion)?;
        let service = place(&self.services, scope.service).ok_or(SigV4Error::WrongService)?;
        Ok(ScopeIndex { region, service })
    }

    /// Checks that a challenge and a credential scope can carry all names. The first region and the first service must
    /// not be empty, because the challenge tells clients to use them.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let first = self.first();
        let mut names = self.regions.iter().chain(&self.services);
        let is_named = !first.region.is_empty() && !first.service.is_empty();
        if is_named && names.all(|name| name.bytes().all(is_fit)) {
            return Ok(());
        }
        Err(ConfigError::new(
            "the region and the service must consist of ASCII letters, digits and -_. as in us-east-1 and s3",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{AcceptedScopes, CredentialScope, ScopeIndex, SigV4Error};

    const fn scope<'a>(region: &'a str, service: &'a str) -> CredentialScope<'a> {
        CredentialScope { region, service }
    }

    #[test]
    fn each_listed_region_is_accepted_with_each_listed_service_and_no_other() {
        let mut accepted = AcceptedScopes::new(scope("us-east-1", "s3"));
        assert_eq!(
            accepted.find(scope("us-east-1", "s3")),
            Ok(ScopeIndex::FIRST)
        );
        for other in ["auto", "", "US-EAST-1", "us-east-10", "us-east-"] {
            let found = accepted.find(scope(other, "s3"));
            assert_eq!(found, Err(SigV4Error::WrongRegion), "{other}");
        }
        for other in ["", "S3", "s3express"] {
            let found = accepted.find(scope("us-east-1", other));
            assert_eq!(found, Err(SigV4Error::WrongService), "{other}");
        }
        accepted.add_regions(["auto", ""].map(String::from));
        accepted.add_services(["s3express".to_owned()]);
        for region in ["us-east-1", "auto", ""] {
            for service in ["s3", "s3express"] {
                let found = accepted.find(scope(region, service));
                assert_eq!(
                    found.map(|index| accepted.at(index)),
                    Ok(scope(region, service))
                );
            }
        }
        assert_eq!(
            accepted.find(scope("eu-west-1", "s3")),
            Err(SigV4Error::WrongRegion)
        );
        assert_eq!(accepted.first(), scope("us-east-1", "s3"));
    }
}
