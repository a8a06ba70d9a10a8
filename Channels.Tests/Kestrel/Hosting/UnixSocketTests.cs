using System.Net.Sockets;
using System.Runtime.Versioning;
using Channels.Testing;
using Channels.Tests.Kestrel.Http;
using Channels.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>The files of unix sockets.</summary>
[Platform(Exclude = "Win", Reason = "Windows has no file modes")]
public sealed class UnixSocketTests
{
    private readonly LogRecord _log = new();
    private TestFolder _folder = null!; // set before each test

    private string Socket => _folder.PathOf("app.sock");

    [SetUp]
    public void MakeFolder() => _folder = new();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase(null, "666")]
    [TestCase("660", "660")]
    [TestCase("0600", "600")]
    [Proves("FC-6")]
    [UnsupportedOSPlatform("windows")]
    public async Task Who_may_connect_is_an_option_with_a_default_for_proxies(string? mode, string expected)
    {
        await using var app = await StartAsync(builder => builder.Set(mode is null ? null : new() { ["Channels:Server:UnixSocketMode"] = mode }));
        Assert.That(Convert.ToString((int)File.GetUnixFileMode(Socket), 8), Is.EqualTo(expected));
        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("ok"));
    }

    [TestCase("urls")]
    [TestCase("Kestrel:Endpoints:Web:Url")]
    [Proves("FC-6")]
    public async Task A_file_that_a_killed_process_has_left_behind_is_replaced(string key)
    {
        LeaveDeadSocket();
        Assert.That(File.Exists(Socket));
        await using var app = await StartAsync(key: key);
        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("ok"));
        Assert.That(_log.Lines.Where(line => line.Id == 1033).Select(line => line.Text), Has.Exactly(1).Contains(Socket));
    }

    [Test]
    [Proves("FC-6")]
    public async Task A_socket_in_use_is_left_to_its_server()
    {
        await using var first = await StartAsync();
        Assert.That(() => StartAsync(), Throws.InstanceOf<IOException>());
        Assert.That(await first.Http.GetStringAsync("/"), Is.EqualTo("ok"));
    }

    [Test]
    [Proves("FC-6")]
    public void A_file_that_is_no_socket_stays()
    {
        File.WriteAllText(Socket, "precious");
        Assert.That(() => StartAsync(), Throws.InstanceOf<IOException>());
        Assert.That(File.ReadAllText(Socket), Is.EqualTo("precious"));
    }

    // A socket removes the file of the name that it was bound to.
    private void LeaveDeadSocket()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Socket + ".bound"));
        File.Move(Socket + ".bound", Socket);
    }

    private Task<LiveServer> StartAsync(Action<global::Channels.Kestrel.ChannelsHostBuilder>? configure = null, string key = "urls") => LiveServer.StartFunctionAsync(
        (scope, receive, send) => send.TextAsync("ok"),
        builder =>
        {
            builder.Logging.AddProvider(_log);
            builder.Set(new() { ["urls"] = "", [key] = $"http://unix:{Socket}" });
            configure?.Invoke(builder);
        });
}
