namespace Channels.Tests.Layers.Redis;

/// <summary>After the last test that needs Redis, its servers end.</summary>
[SetUpFixture]
public sealed class RenewedServers
{
    [OneTimeTearDown]
    public static Task EndAsync() => OwnRedis.EndRenewedAsync();
}
