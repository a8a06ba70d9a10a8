using System.Net;
using Channels.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.AspNetCore;

/// <summary>The keys of cookies.</summary>
public sealed class KeyRingTests
{
    [Test]
    [Proves("SEC-49")]
    public async Task Cookies_of_an_older_key_are_read_until_that_key_is_revoked()
    {
        using var keys = new TestFolder();
        string former, current;
        await using (var before = await StartAsync())
        {
            former = await Accounts.LoginAsync(before.Http, "ann");
            before.Services.GetRequiredService<IKeyManager>().CreateNewKey(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(30));
        }

        await using (var between = await StartAsync())
        {
            current = await Accounts.LoginAsync(between.Http, "ann");
            foreach (var cookie in new[] { former, current })
            {
                using var socket = await Accounts.OpenAsync(between, "/members", cookie);
                Assert.That(await socket.ReadTextAsync(), Does.StartWith("ann|True"));
            }

            var manager = between.Services.GetRequiredService<IKeyManager>();
            manager.RevokeKey(manager.GetAllKeys().MinBy(key => key.CreationDate)!.KeyId);
        }

        await using var after = await StartAsync();
        Assert.That(await Accounts.RefusalAsync(after, "/members", former), Is.EqualTo(HttpStatusCode.Unauthorized));
        using var kept = await Accounts.OpenAsync(after, "/members", current);
        Assert.That(await kept.ReadTextAsync(), Does.StartWith("ann|True"));

        Task<Channels.Testing.LiveServer> StartAsync() => Accounts.StartAsync(configure: builder =>
            builder.Services.AddDataProtection().SetApplicationName("shared").PersistKeysToFileSystem(new DirectoryInfo(keys.Path)));
    }
}
