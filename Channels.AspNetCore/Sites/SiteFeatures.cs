using System.Collections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.AspNetCore;

/// <summary>
/// The features of a connection, as a site sees them: with a place for the context that the site makes once and uses for all of the
/// connection's requests. The server's own place holds what is the server's.
/// </summary>
/// <typeparam name="TContext">The site's context.</typeparam>
/// <param name="features">The server's features: the same object for each request of the connection.</param>
/// <param name="site">The site that the place belongs to.</param>
internal sealed class SiteFeatures<TContext>(IFeatureCollection features, IServer site) : IFeatureCollection, IHostContextContainer<TContext>
    where TContext : notnull
{
    public IServer Site => site;

    public TContext? HostContext { get; set; }

    public bool IsReadOnly => features.IsReadOnly;

    public int Revision => features.Revision;

    public object? this[Type key]
    {
        get => features[key];
        set => features[key] = value;
    }

    public TFeature? Get<TFeature>() => features.Get<TFeature>();

    public void Set<TFeature>(TFeature? instance) => features.Set(instance);

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => features.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
