using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Channels.Tests.Support;

public sealed class FreePortTests
{
    private const int Questions = 5_000;

    [Test]
    public void A_port_that_somebody_listens_on_is_not_free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, FreePort.Next());
        listener.Start();
        Assert.That(FreePort.IsFree(((IPEndPoint)listener.LocalEndpoint).Port), Is.False);
    }

    [Test]
    [Platform(Include = "Linux", Reason = "a process that is started holds the sockets of the one that starts it until its program begins")]
    public async Task Whoever_waits_for_a_server_is_not_let_in_by_the_question_whether_its_port_is_free()
    {
        var port = FreePort.Next();
        using var isOver = new CancellationTokenSource();
        var starting = Task.Run(
            async () =>
            {
                while (!isOver.IsCancellationRequested)
                {
                    using var other = Process.Start("true");
                    await other.WaitForExitAsync(CancellationToken.None);
                }
            },
            CancellationToken.None);
        try
        {
            for (var i = 0; i < Questions; i++)
            {
                Assert.That(FreePort.IsFree(port));
                using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                Assert.That(() => client.Connect(IPAddress.Loopback, port), Throws.InstanceOf<SocketException>());
            }
        }
        finally
        {
            await isOver.CancelAsync();
            await starting;
        }
    }
}
