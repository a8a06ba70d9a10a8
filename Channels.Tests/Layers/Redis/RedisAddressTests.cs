using Channels.Layers.Redis;
using Channels.Tests.Support;
using StackExchange.Redis;

namespace Channels.Tests.Layers.Redis;

/// <summary>How entries of the host list are written.</summary>
public sealed class RedisAddressTests
{
    [TestCase("unix://tmp/redis.sock", "unix:///path")]
    [TestCase("password=secret", "names no server")]
    [TestCase("host:99999", "'99999' is not a port")]
    [TestCase("redis://host:abc", "'abc' is not a port")]
    [TestCase("redis://fe80::1::2", "[address]:port")]
    [TestCase("redis://[::1:6379", "[address]")]
    [TestCase("redis://:secret@host/two", "'two' is not a database number")]
    [TestCase("redis://host?dbb=2", "its parameter 'dbb' is unknown; did you mean 'db'? Known are: db, username, password")]
    [TestCase("redis://host?db=2&db=3", "'db' stands there twice")]
    [TestCase("redis://host?protocol=4", "'protocol' is 2 or 3")]
    [TestCase("redis://:pa?secret@host:6379", "written %3F")]
    [TestCase("redis://:secret?db=secret@host:6379", "written %3F")]
    [TestCase("redis://host?pa-secret=1", "a parameter of it is unknown. Known are")]
    [TestCase("rediss://host?ssl_ca_certs=/nowhere.pem", "'ssl_ca_certs' names no readable PEM file")]
    [TestCase("sentinel://host/m?ssl=yes", "'ssl' is true or false")]
    [TestCase("sentinel://host/m?sentinelSsl=yes", "'sentinelSsl' is true or false")]
    [TestCase("sentinel://host/m?sentinel_password=secret", "'sentinel_password' is unknown; did you mean 'sentinelPassword'?")]
    [TestCase("host:6379,db=2", "its setting 'db' is unknown. Known are: user, password")]
    [TestCase("host:6379,usr=admin", "did you mean 'user'?")]
    [TestCase("host:6379,channelPrefix=a", "its setting 'channelPrefix' is unknown")]
    [TestCase("host:6379,protocol=resp4", "protocol")]
    [TestCase("sentinel://host:26379", "master-name")]
    [TestCase("http://host", "redis://")]
    [Proves("R-HOST-01", "R-HOST-02", "FC-2", "FC-1")]
    public void An_entry_that_cannot_be_used_is_refused_with_the_reason_and_without_secrets(string entry, string reason)
    {
        Assert.That(RedisHostAddress.TryParse(entry, out _, out var error), Is.False);
        Assert.That(error, Does.Contain(reason).And.Not.Contain("secret"));
    }

    [TestCase("host:6380", "host:6380")]
    [TestCase("host", "host:6379")]
    [TestCase("host:6380,password=secret,ssl=true", "host:6380")]
    [TestCase("host,ssl=true,abortConnect=false", "host:6380")]
    [TestCase("redis://host", "host:6379")]
    [TestCase("rediss://:secret@host:6380/2", "host:6380/2")]
    [TestCase("redis://default:secret@host", "host:6379", "default")]
    [TestCase("sentinel://a,b:1/mymaster?db=2&password=secret", "mymaster at sentinels a,b:1")]
    [TestCase("sentinel://[::1]/mymaster?username=admin&password=secret&ssl=true", "mymaster at sentinels [::1]", "admin")]
    [TestCase("redis://host?db=2", "host:6379/2")]
    [TestCase("redis://host/2?db=3", "host:6379/3")]
    [TestCase("redis://host/2?db=", "host:6379/2")]
    [TestCase("redis://host/2?db", "host:6379/2")]
    [TestCase("redis://:secret@host?password=&username=&protocol=&ssl_ca_certs=", "host:6379")]
    [TestCase("redis://host?password=secret&username=default", "host:6379", "default")]
    [TestCase("redis://:secret@host?password=other", "host:6379")]
    [TestCase("redis://:secret@host?username=admin", "host:6379", "admin")]
    [TestCase("redis://admin:secret@host", "host:6379", "admin")]
    [TestCase("redis://a%40b:secret@host", "host:6379", "a@b")]
    [TestCase("host:6379,user=admin,password=secret", "host:6379", "admin")]
    [TestCase("redis://default@host?password=secret", "host:6379", "default")]
    [TestCase("redis://default:@host?password=secret", "host:6379", "default")]
    [TestCase("redis://host?password=secret&username=", "host:6379")]
    [TestCase("a:1,b,password=secret", "a:1 or b:6379")]
    [TestCase("redis://:secret@a:1,b:2/3", "a:1 or b:2/3")]
    [TestCase("redis://:secret@[::1]:6380/2", "[::1]:6380/2")]
    [TestCase("[::1]:6380,password=secret", "[::1]:6380")]
    [TestCase("::1", "[::1]:6379")]
    [TestCase("unix:///tmp/redis.sock?db=1&password=secret", "unix:/tmp/redis.sock/1")]
    [Proves("R-HOST-02", "R-HOST-03", "R-HOST-04", "FC-2", "FC-1")]
    public void An_entry_is_understood_and_shown_without_secrets(string entry, string display, string? user = null)
    {
        var address = RedisHostAddress.Parse(entry);
        var options = address.CopyOptions();
        Assert.That(address.Display, Is.EqualTo(display));
        Assert.That(options.User, Is.EqualTo(user));
        Assert.That(options.Password, entry.Contains("secret", StringComparison.Ordinal) ? Is.EqualTo("secret") : Is.Null.Or.Empty);
        Assert.That(options.Ssl, Is.EqualTo(entry.Contains("ssl=true", StringComparison.Ordinal) || entry.StartsWith("rediss", StringComparison.Ordinal)));
        Assert.That(options.Protocol, Is.EqualTo(RedisProtocol.Resp3));
    }

    [TestCase("redis://host?protocol=2")]
    [TestCase("redis://host?protocol=resp2")]
    [TestCase("host,protocol=resp2")]
    [TestCase("host,protocol=2")]
    [TestCase("sentinel://host/m?protocol=2")]
    [TestCase("unix:///redis.sock?protocol=2")]
    public void The_protocol_can_be_the_older_one(string entry) =>
        Assert.That(RedisHostAddress.Parse(entry).CopyOptions().Protocol, Is.EqualTo(RedisProtocol.Resp2));

    [TestCase("host:6380", "host:6380")]
    [TestCase("a:1,b,user=admin,password=secret,defaultDatabase=3", "a:1 b:6379", "admin", 3)]
    [TestCase("rediss://admin:secret@[::1]/2", "[::1]:6379", "admin", 2)]
    [TestCase("unix:///tmp/redis.sock?db=1&password=secret", "unix:/tmp/redis.sock", null, 1)]
    [TestCase("sentinel://one,two:1/m?username=admin&password=secret", "one:26379 two:1", "admin")]
    public void A_client_of_the_applications_own_connects_like_the_layer(string entry, string servers, string? user = null, int database = 0)
    {
        var options = new RedisLayerOptions { Hosts = { "first", entry } }.ToClientOptions(host: 1);
        Assert.That(string.Join(' ', options.EndPoints.Select(RedisEndPoint.Show)), Is.EqualTo(servers));
        Assert.That((options.User, options.DefaultDatabase ?? 0, options.AbortOnConnectFail), Is.EqualTo((user, database, false)));
        Assert.That(options.Password, entry.Contains("secret", StringComparison.Ordinal) ? Is.EqualTo("secret") : Is.Null.Or.Empty);
        Assert.That((options.Ssl, options.ServiceName), Is.EqualTo((entry.StartsWith("rediss", StringComparison.Ordinal), entry.StartsWith("sentinel", StringComparison.Ordinal) ? "m" : null)));
    }

    [Test]
    public void A_client_of_the_applications_own_is_refused_what_cannot_be()
    {
        Assert.That(RedisEndPoint.Show(new RedisLayerOptions().ToClientOptions().EndPoints.Single()), Is.EqualTo("localhost:6379"));
        Assert.That(() => new RedisLayerOptions().ToClientOptions(1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new RedisLayerOptions { Hosts = { "host,usr=secret" } }.ToClientOptions(), Throws.ArgumentException.With.Message.Contains("did you mean 'user'?"));
        Assert.That(() => new RedisLayerOptions { Hosts = { "sentinel://s/m?ssl=true" } }.ToClientOptions(), Throws.InvalidOperationException.With.Message.Contains("'sentinelSsl'"));
    }

    [Test]
    public void Sentinels_have_an_account_and_encryption_of_their_own()
    {
        var address = RedisHostAddress.Parse("sentinel://one,two/m?username=admin&password=secret&sentinelUsername=watch&sentinelPassword=other&sentinelSsl=true");
        var sentinels = address.Sentinels.Select(sentinel => (sentinel.User, sentinel.Password, sentinel.Ssl));
        Assert.That(sentinels, Is.EqualTo(Enumerable.Repeat<(string?, string?, bool)>(("watch", "other", true), 2)));
        Assert.That(address.CopyOptions().Ssl, Is.False);
    }

    [TestCase("host", "host:1")]
    [TestCase("host:2", "host:2")]
    [TestCase("127.0.0.1:2", "127.0.0.1:2")]
    [TestCase("[::1]:2", "[::1]:2")]
    [TestCase("[::1]", "[::1]:1")]
    [TestCase("::1", "[::1]:1")]
    public void Servers_are_read_with_and_without_port_and_in_IPv6(string text, string shown) =>
        Assert.That(RedisEndPoint.Show(RedisEndPoint.Parse(text, 1)), Is.EqualTo(shown));
}
