using System.Reflection;
using System.Runtime.CompilerServices;
using Channels;
using Channels.Kestrel;
using Channels.Routing;
using Channels.Testing;

namespace Outside;

/// <summary>What the other tests here show holds for everybody only while this project has no privileges.</summary>
public sealed class StrangerTests
{
    [TestCase(typeof(Consumer))]
    [TestCase(typeof(UrlRouter))]
    [TestCase(typeof(ChannelsHost))]
    [TestCase(typeof(LiveServer))]
    public void No_library_counts_this_project_among_its_friends(Type ofLibrary)
    {
        var friends = ofLibrary.Assembly.GetCustomAttributes<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName.Split(',')[0]);
        Assert.That(friends, Does.Not.Contain(typeof(StrangerTests).Assembly.GetName().Name));
    }
}
