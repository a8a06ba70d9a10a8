using System.Security.Claims;
using Channels.AspNetCore;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Channels.Tests.AspNetCore;

/// <summary>One login's time, as the sockets that have it see it.</summary>
public sealed class LoginLeaseTests
{
    [Test]
    public async Task A_scheme_that_takes_its_time_keeps_nobody_out()
    {
        var time = new ManualTimeProvider();
        var renewed = false;
        LoginLease? lease = null;
        var user = new FoundUser(new ClaimsPrincipal(new ClaimsIdentity("test")), null, ["Cookies"], IsByCookie: false);
        lease = new LoginLease(time, NullLogger.Instance, (_, _) => default, user, TimeSpan.FromMinutes(1), () =>
        {
            var renewing = Task.Run(() => lease!.Renew(null)); // as the consumer does, on a thread of its own
#pragma warning disable VSTHRD002, CA1849 // a scheme that blocks is what this is about
            renewed = renewing.Wait(Eventually.Patience);
#pragma warning restore VSTHRD002, CA1849
            return Task.FromResult(true);
        });
        using (lease)
        {
            await Task.Run(() => time.Advance(TimeSpan.FromMinutes(1)));
            Assert.That(renewed, Is.True);
        }
    }
}
