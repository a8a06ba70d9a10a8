using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Channels.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Channels.Tests.Layers.Redis;

/// <summary>The ways to a server: accounts, encryption, kinds of addresses, both protocols.</summary>
public sealed class RedisAccessTests : RedisTestBase
{
    [TestCase("resp2")]
    [TestCase("resp3")]
    [Proves("FN-1", "SEC-58")]
    public async Task An_account_with_just_the_rights_of_the_guide_does_everything(string protocol)
    {
        var server = await StartServerAsync();
        Assert.That(await server.CommandAsync(RightsOfTheGuide()), Is.EqualTo("+OK\n"));
        var address = $"{server.Address},user=channels,password=secret,protocol={protocol}";
        foreach (var layout in new[] { "core", "pubsub" })
        {
            var (layer, peer) = (Make(layout, address), Make(layout, address, options => options.Capacity = 100_000)); // what is sent below until it is received
            var member = await OpenMemberAsync(layer);
            await UntilHeardAsync(peer, member);
            await peer.SendAsync(member.Name, Numbered(1));
            Assert.That(await NextNumberAsync(member), Is.EqualTo(1));
            var receiving = NextAsync(layer, "asgi.work"); // in the pub/sub layout, what is sent before the first receive is lost
            await Eventually.Is(async () =>
            {
                await peer.SendAsync("asgi.work", Numbered(2));
                return receiving.IsCompleted;
            });
            await layer.GroupDiscardAsync("room", member.Name);
            await member.DisposeAsync();
            await layer.FlushAsync();
            await ((IAsyncDisposable)layer).DisposeAsync();
        }

        await UseJobsAsync(address);
        var refused = await server.CommandAsync("ACL", "LOG");
        Assert.That(refused, Is.EqualTo("*0\n"), () => refused);
    }

    [TestCase("core")]
    [TestCase("pubsub")]
    public async Task An_account_without_a_right_hears_which_one_it_lacks(string layout)
    {
        var server = await StartServerAsync();
        await server.CommandAsync([.. RightsOfTheGuide(), "-eval", "-evalsha", "-publish"]);
        var layer = Make(layout, $"redis://channels:secret@{server.Address}", options => options.MaxUnconfirmedSends = 0);
        var error = Assert.ThrowsAsync<ChannelLayerUnavailableException>(async () => await layer.SendAsync("asgi.work", Numbered(1)));
        Assert.That(error!.Message, Does.Contain(layout == "core" ? "'eval" : "'publish'"));
    }

    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("SEC-57")]
    public async Task Over_TLS_the_server_has_to_prove_who_it_is(string layout)
    {
        using var folder = new TestFolder();
        var authority = WriteCertificates(folder);
        var port = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        var server = await StartServerAsync(
            "--tls-port", port, "--tls-auth-clients", "no", "--tls-ca-cert-file", authority,
            "--tls-cert-file", Path.Combine(folder.Path, "server.pem"), "--tls-key-file", Path.Combine(folder.Path, "server.key"));
        var trusting = Make(layout, $"rediss://localhost:{port}?ssl_ca_certs={authority}");
        await using var member = await OpenMemberAsync(trusting);
        await UntilHeardAsync(Make(layout, $"localhost:{port},ssl=true,ssl_ca_certs={authority}"), member);
        await using var own = await ConnectOwnAsync($"rediss://localhost:{port}?ssl_ca_certs={authority}");
        Assert.That(await own.GetDatabase().StringIncrementAsync("own"), Is.EqualTo(1), "the application's own connection");

        var distrusting = Make(layout, $"rediss://localhost:{port}");
        var error = Assert.ThrowsAsync<ChannelLayerUnavailableException>(async () => await distrusting.GroupSendAsync("room", Numbered(1)));
        Assert.That(error!.Message, Does.Contain("certificate"));
        var misnamed = Make(layout, $"rediss://127.0.0.1:{port}?ssl_ca_certs={authority}");
        Assert.That(() => misnamed.GroupSendAsync("room", Numbered(1)).AsTask(), Throws.TypeOf<ChannelLayerUnavailableException>().With.Message.Contains("certificate"), "right authority, another name");
        Assert.That(await server.CommandAsync("CLIENT", "LIST"), Does.Not.Contain("channels-default-commands laddr=127.0.0.1:" + server.Port));
    }

    [Test]
    [Proves("SEC-56")]
    public async Task Of_what_is_encrypted_nothing_can_be_read_in_the_server()
    {
        const string everything = """
            local all = ''
            for _, key in ipairs(redis.call('KEYS', '*')) do
              local isSet = redis.call('TYPE', key).ok == 'zset'
              all = all .. key .. (isSet and table.concat(redis.call('ZRANGE', key, 0, -1)) or redis.call('GET', key))
            end
            return all
            """;
        var server = await StartServerAsync();
        foreach (var (key, isSeen) in new[] { ("secret", false), (null, true) })
        {
            var layer = Make("core", server.Address, options => { if (key is not null) options.SymmetricEncryptionKeys.Add(key); });
            await layer.SendAsync("asgi.work", new ChannelMessage("attic.noise", new MessageMap { ["text"] = "a zebra in the attic" }));
            var stored = await server.CommandAsync("EVAL", everything, "0");
            Assert.That(stored, Does.Contain("asgi.work"));
            Assert.That((stored.Contains("zebra", StringComparison.Ordinal), stored.Contains("attic.noise", StringComparison.Ordinal)), Is.EqualTo((isSeen, isSeen)));
        }
    }

    [TestCase("core")]
    [TestCase("pubsub")]
    [Proves("FC-2")]
    public async Task Servers_are_reached_over_IPv6_and_unix_sockets(string layout)
    {
        using var folder = new TestFolder();
        var socket = Path.Combine(folder.Path, "redis.sock");
        var server = await StartServerAsync("--bind", "127.0.0.1", "::1", "--unixsocket", socket);
        await using var member = await OpenMemberAsync(Make(layout, string.Create(CultureInfo.InvariantCulture, $"redis://[::1]:{server.Port}")));
        await UntilHeardAsync(Make(layout, "unix://" + socket), member);
        foreach (var address in new[] { string.Create(CultureInfo.InvariantCulture, $"redis://[::1]:{server.Port}"), "unix://" + socket })
        {
            await using var own = await ConnectOwnAsync(address);
            Assert.That(await own.GetDatabase().StringIncrementAsync(layout), Is.Positive, "the application's own connection");
        }

        await using var other = await OpenMemberAsync(Make(layout, "unix://" + socket));
        await UntilHeardAsync(Make(layout, string.Create(CultureInfo.InvariantCulture, $"[::1]:{server.Port}")), other);
    }

    [TestCase("core", "resp2")]
    [TestCase("core", "resp3")]
    [TestCase("pubsub", "resp2")]
    [TestCase("pubsub", "resp3")]
    public async Task A_replica_is_passed_over(string layout, string protocol)
    {
        var (master, replica) = (await StartServerAsync(), await StartServerAsync());
        await replica.CommandAsync("REPLICAOF", "127.0.0.1", master.Port.ToString(CultureInfo.InvariantCulture));
        var layer = Make(layout, $"{replica.Address},{master.Address},protocol={protocol}");
        await using var member = await OpenMemberAsync(layer);
        await UntilHeardAsync(layer, member);
        Assert.That(await replica.CommandAsync("CLIENT", "LIST"), Does.Not.Contain("channels-default"));
    }

    private static Task<ConnectionMultiplexer> ConnectOwnAsync(string address)
    {
        var options = new RedisLayerOptions();
        RedisOptions.Of(address)(options);
        return ConnectionMultiplexer.ConnectAsync(options.ToClientOptions());
    }

    private async Task UseJobsAsync(string address)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddChannels().AddRedisLayer(configure: RedisOptions.Of(address)).AddRedisJobs().AddRedisDeadLetters();
        using var host = builder.Build();
        var queue = host.Services.GetRequiredService<IJobQueue>();
        using var patience = new CancellationTokenSource(Eventually.Patience);
        await queue.SendAsync("work", Numbered(1), patience.Token);
        var job = await queue.TakeAsync("work", patience.Token);
        Assert.That(await job.RenewAsync(1, patience.Token));
        await job.ReleaseAsync(countAttempt: true, patience.Token);
        await (await queue.TakeAsync("work", patience.Token)).CompleteAsync(patience.Token);
        await queue.ScheduleAsync("work", Numbered(3), TimeSpan.FromHours(1), "later", patience.Token);
        await queue.ScheduleAsync("work", Numbered(3), TimeSpan.FromHours(2), "later", patience.Token);
        await queue.ScheduleAsync("work", Numbered(4), TimeSpan.FromMilliseconds(1), cancellationToken: patience.Token);
        await (await queue.TakeAsync("work", patience.Token)).CompleteAsync(patience.Token);
        Assert.That(await queue.CancelAsync("work", "later", patience.Token));
        for (var hour = 0; hour < 2; hour++)
        {
            await ((IPeriodicJobQueue)queue).SendOccurrenceAsync("work", Numbered(5), "hourly", DateTimeOffset.UnixEpoch.AddHours(hour), null, patience.Token);
        }

        await (await queue.TakeAsync("work", patience.Token)).ReleaseAsync(countAttempt: false, patience.Token);
        var letters = host.Services.GetRequiredService<IDeadLetterStore>();
        var letter = await letters.AddAsync(new DeadLetter("", "work", Numbered(2), "bad", 1, DateTimeOffset.UtcNow), patience.Token);
        Assert.That(await letters.ListAsync("work"), Has.Count.EqualTo(1));
        Assert.That(await letters.TakeAsync("work", letter.Id, patience.Token), Is.Not.Null);
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    private static string[] RightsOfTheGuide()
    {
        var lines = File.ReadLines(Repository.PathOf("docs", "guides", "redis.md")).SkipWhile(line => !line.StartsWith("ACL SETUSER", StringComparison.Ordinal)).TakeWhile(line => line != "```");
        return string.Join(' ', lines).Split([' ', '\\'], StringSplitOptions.RemoveEmptyEntries);
    }

    // An authority of our own, and the certificate of a server at localhost that it has signed.
    private static string WriteCertificates(TestFolder folder)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=Test authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var authority = authorityRequest.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), [1, 2, 3, 4]);
        File.WriteAllText(Path.Combine(folder.Path, "server.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder.Path, "server.key"), key.ExportPkcs8PrivateKeyPem());
        var path = Path.Combine(folder.Path, "authority.pem");
        File.WriteAllText(path, authority.ExportCertificatePem());
        return path;
    }
}
