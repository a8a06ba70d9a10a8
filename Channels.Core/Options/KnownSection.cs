using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>A section of configuration that somebody reads.</summary>
/// <param name="Path">Its key.</param>
/// <param name="Keys">The names it may hold, and whether each may have keys below it.</param>
internal sealed record KnownSection(string Path, IReadOnlyDictionary<string, bool> Keys);

/// <summary>Registers options that are read from the section their class names, and checked when the host starts.</summary>
internal static class KnownSectionExtensions
{
    /// <param name="services">The services.</param>
    /// <param name="bind">Calls the binder with the concrete type, so that its source generator sees it.</param>
    public static void AddSection<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        this IServiceCollection services, Action<TOptions, IConfiguration> bind)
        where TOptions : class
    {
        var path = OptionsSectionAttribute.Of<TOptions>();
        if (services.Any(service => service.ImplementationInstance is KnownSection known && known.Path == path))
        {
            return; // read twice, a list would hold everything twice
        }

        services.AddSingleton<IValidateOptions<TOptions>, CheckedOptionsValidator<TOptions>>();
        services.AddSingleton(new KnownSection(path, OptionsReader.KeysOf<TOptions>()));
        services.AddOptions<TOptions>().Configure<IServiceProvider>((options, provider) =>
        {
            if (provider.GetService<IConfiguration>() is { } configuration)
            {
                OptionsReader.Read(configuration, path, options, bind);
            }
        }).ValidateOnStart();
    }
}
