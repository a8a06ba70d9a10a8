using System.Text.RegularExpressions;
using Channels.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace Channels.Tests.Security;

[TestFixture]
public sealed partial class OriginProperties
{
    [Test]
    [Proves("SEC-03")]
    public void No_origin_makes_a_check_fail_and_none_but_its_own_host_passes()
    {
        var part = Gen.Elements("http", "https", "://", "//", ":", "@", "/", "[", "]", "::1", "example.com", "EXAMPLE.com", ".", "evil", "80", "99999", "\0", " ", "\\", "%", "é", "xn--", "null");
        var origins = Gen.OneOf(part.ListOf().Select(parts => string.Concat(parts)), ArbMap.Default.GeneratorFor<string>());
        var list = OriginPolicy.AnyOf([".example.com", "https://other.example"]);
        var own = OriginPolicy.SameHost();
        Prop.ForAll(origins.ToArbitrary(), origin =>
        {
            list.FindRefusal(new RawHeaders(origin));
            return own.FindRefusal(new RawHeaders(origin, "example.com")) is not null || OwnHost().IsMatch(origin);
        }).QuickCheckThrowOnFailure();
    }

    [GeneratedRegex(@"\A(https?|wss?)://example\.com(:[0-9]*)?\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OwnHost();
}
