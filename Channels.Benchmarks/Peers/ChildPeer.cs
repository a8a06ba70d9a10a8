using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Channels.Benchmarks;

/// <summary>A peer that this program serves itself, in a child process: see <see cref="PeerCommand"/>.</summary>
internal sealed class ChildPeer(string name) : Peer(name)
{
    internal override ProcessStartInfo Start(int port, IPEndPoint? backend) =>
        DotNet(typeof(ChildPeer).Assembly.Location, "peer", Name, port.ToString(CultureInfo.InvariantCulture));
}
