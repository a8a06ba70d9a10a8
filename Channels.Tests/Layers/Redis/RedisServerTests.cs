using System.Net.Sockets;

namespace Channels.Tests.Layers.Redis;

/// <summary>A server that another test has used is like one that has just been started, or is not given on.</summary>
public sealed class RedisServerTests
{
    [Test]
    public async Task A_renewed_server_has_no_data_no_scripts_no_counts_and_no_clients()
    {
        await using var server = await RedisServer.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port);
        await client.GetStream().WriteAsync("SUBSCRIBE channel\r\n"u8.ToArray());
        await client.GetStream().ReadExactlyAsync(new byte[1]);
        await server.CommandAsync("SET", "key", "value");
        var script = (await server.CommandAsync("SCRIPT", "LOAD", "return 1")).Split('\n')[1];

        Assert.That(await server.RenewAsync());

        Assert.That(await server.CallsAsync("set"), Is.Zero);
        Assert.That(await server.CommandAsync("DBSIZE"), Is.EqualTo(":0\n"));
        Assert.That(await server.CommandAsync("SCRIPT", "EXISTS", script), Is.EqualTo("*1\n:0\n"));
        Assert.That(await server.CommandAsync("PUBSUB", "CHANNELS"), Is.EqualTo("*0\n"));
        var rest = new MemoryStream();
        await client.GetStream().CopyToAsync(rest); // ends
        Assert.That(rest.Length, Is.Positive);
    }

    [Test]
    public async Task A_server_that_was_killed_or_frozen_or_has_arguments_is_not_renewed([Values("killed", "frozen", "arguments")] string what)
    {
        await using var server = await RedisServer.StartAsync(what == "arguments" ? ["--maxclients", "100"] : []);
        switch (what)
        {
            case "killed":
                await server.KillAsync();
                await server.RestartAsync();
                break;
            case "frozen":
                await server.FreezeAsync();
                await server.ThawAsync();
                break;
        }

        Assert.That(await server.RenewAsync(), Is.False);
    }
}
