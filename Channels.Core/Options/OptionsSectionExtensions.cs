using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Channels.Extending;

/// <summary>Options of projects beside Channels.Core, read and checked like its own.</summary>
public static class OptionsSectionExtensions
{
    /// <summary>
    /// Reads options from the section <c>Channels:NAME</c>, lists that are given as text included, and checks them when the host
    /// starts. The section counts as known: a key in it that is no option is warned of. May be called again, and then does nothing.
    /// </summary>
    /// <typeparam name="TOptions">The options.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="name">The section's name below <c>Channels</c>.</param>
    /// <param name="bind">Binds the section; a static lambda that calls <c>Bind</c> on the concrete type keeps the source generator working.</param>
    /// <param name="complain">What is wrong with the options: each complaint begins with an option's name and says what would be right.</param>
    public static IServiceCollection AddChannelsOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        this IServiceCollection services, string name, Action<TOptions, IConfiguration> bind, Func<TOptions, IEnumerable<string>> complain)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(bind);
        ArgumentNullException.ThrowIfNull(complain);
        var path = $"Channels:{name}";
        if (services.Any(service => service.ImplementationInstance is KnownSection known && known.Path == path))
        {
            return services; // read twice, a list would hold everything twice
        }

        services.AddSingleton(new KnownSection(path, OptionsReader.KeysOf<TOptions>()));
        services.AddSingleton<IValidateOptions<TOptions>>(new Complaints<TOptions>(path, complain));
        services.AddOptions<TOptions>().Configure<IServiceProvider>((options, provider) =>
        {
            if (provider.GetService<IConfiguration>() is { } configuration)
            {
                OptionsReader.Read(configuration, path, options, bind);
            }
        }).ValidateOnStart();
        return services;
    }

    private sealed class Complaints<TOptions>(string path, Func<TOptions, IEnumerable<string>> complain) : IValidateOptions<TOptions>
        where TOptions : class
    {
        public ValidateOptionsResult Validate(string? name, TOptions options)
        {
            string[] complaints = [.. complain(options).Select(complaint => $"{path}:{complaint}")];
            return complaints.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(complaints);
        }
    }
}
